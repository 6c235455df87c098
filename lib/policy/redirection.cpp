// SPDX-License-Identifier: Apache-2.0
// A server says that another one should be used: 0x9C, 0x9D (failover.md section 6; MQTT 5, section
// 4.13).
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "policy/failover_engine.hpp"

namespace mqfail {
namespace {

constexpr int kServerMoved = 0x9D;

std::string text_of(const ServerReference& reference) {
  const std::string host = bracketed(reference.host);
  return reference.port ? host + ":" + std::to_string(*reference.port) : host;
}

// The server that `sender` means: TLS, path and protocol are its own, its credentials are not.
Server referred(const Server& sender, const ServerReference& reference, bool with_credentials) {
  Server out = sender;
  out.host = reference.host;
  out.port = reference.port.value_or(sender.port);
  out.id = endpoint(out);
  out.client_id.reset();
  out.cluster.clear();
  if (with_credentials) return out;
  out.is_foreign = true;
  out.path = std::string(split_request_path(out.path).path);  // a query may be a token
  out.username.reset();
  out.password.reset();
  out.tls.cert.clear();
  out.tls.key.clear();
  out.tls.thumbprint.clear();
  out.tls.certificate_password.reset();
  out.tls.certificate_folders.clear();
  out.tls.psk.reset();
  out.tls.psk_identity.clear();
  return out;
}

void add_once(std::vector<ServerIndex>& list, ServerIndex index) {
  if (std::find(list.begin(), list.end(), index) == list.end()) list.push_back(index);
}

}  // namespace

// The servers of the reference come next in this pass, and after 0x9D first in all passes to come.
void Failover::Engine::redirected(ServerIndex by, const Reason& reason) {
  if (settings.redirect == Redirect::off || reason.reference.empty()) return;
  const ServerReferences references = parse_references(reason.reference);
  action::TellRedirected told{by, {}, references.unusable, {}, reason.code == kServerMoved};
  if (!told.refused.empty()) told.why = "it is no host[:port]";
  std::vector<ServerIndex> added;
  for (const ServerReference& reference : references.usable) {
    auto index = roster.find(by, reference);
    if (!index && settings.redirect == Redirect::any) {
      const std::size_t before = roster.order().size();
      index = roster.admit(referred(roster.server(by), reference, settings.redirect_credentials));
      if (roster.order().size() > before) added.push_back(*index);
    }
    if (index && *index != by) {
      add_once(told.to, *index);
    } else if (!index) {
      told.refused.push_back(text_of(reference));
      told.why = "it is none of the servers (redirect=known)";
    }
  }
  if (!told.to.empty() && redirects >= settings.max_redirects) {
    for (const ServerIndex index : told.to) told.refused.push_back(endpoint(roster.server(index)));
    told.to.clear();
    told.why = "maxRedirects is reached in this pass";
  }
  if (!told.to.empty()) follow(told.to, told.moved);
  if (!added.empty()) out.emplace_back(action::TellListChanged{std::move(added), {}});
  out.emplace_back(std::move(told));
}

void Failover::Engine::follow(const std::vector<ServerIndex>& targets, bool moved) {
  ++redirects;
  if (moved) roster.prefer(targets);
  std::vector<ServerIndex> plan = targets;
  for (const ServerIndex index : roster.pass(settings.randomize, random)) {
    if (std::find(targets.begin(), targets.end(), index) == targets.end()) plan.push_back(index);
  }
  pass.replan(std::move(plan));
  prefer_standbys(targets);
  for (const ServerIndex index : targets) {
    if (is_free(index)) pass.give_turn_back(index);
  }
}

}  // namespace mqfail
