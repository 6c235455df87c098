// SPDX-License-Identifier: Apache-2.0
#include "probe/plan.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "policy/failover.hpp"

namespace mqfail {
namespace {

std::string at(Duration now) {
  const std::string ms = std::to_string(milliseconds(now));
  return std::string(9 - std::min<std::size_t>(9, ms.size()), ' ') + ms + " ms  ";
}

// Plays the engine while every server refuses.
class Play {
 public:
  explicit Play(const Plan& plan) : engine_(plan.settings, servers_of(plan), Random(plan.seed)) {}

  PlannedPasses passes() {
    take(engine_.step(event::Started{}, now_));
    while (!out_.gives_up && out_.passes.size() < kShownPasses) {
      if (!refused_.empty()) {
        const AttemptId attempt = refused_.front();
        refused_.pop_front();
        const Reason reason{Cause::refused, Phase::tcp, 0, false, {}};
        take(engine_.step(event::Failed{attempt, reason}, now_));
      } else if (const auto due = engine_.deadline()) {
        now_ = std::max(now_, *due);
        take(engine_.step(event::Ticked{}, now_));
      } else {
        break;
      }
    }
    return std::move(out_);
  }

 private:
  static ServerList servers_of(const Plan& plan) {
    ServerList servers;
    for (const Plan::Entry& entry : plan.servers) servers.push_back(entry.server);
    return servers;
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* const connect = std::get_if<action::Connect>(&action)) {
        if (tried_.empty()) began_ = now_;
        tried_.push_back(engine_.server(connect->server).id);
        refused_.push_back(connect->attempt);
      } else if (std::holds_alternative<action::TellBackoff>(action)) {
        end_pass();
      } else if (const auto* const end = std::get_if<action::GiveUp>(&action)) {
        end_pass();
        out_.gives_up = now_.time_since_epoch();
        out_.bound = name(end->bound);
      }
    }
  }

  void end_pass() {
    if (!tried_.empty())
      out_.passes.push_back({began_.time_since_epoch(), std::exchange(tried_, {})});
  }

  Failover engine_;
  TimePoint now_{}, began_{};
  std::deque<AttemptId> refused_;
  std::vector<std::string> tried_;
  PlannedPasses out_;
};

// The line of each pass, and of the end.
std::string schedule(const PlannedPasses& played) {
  std::string out;
  std::size_t number = 0;
  for (const PlannedPasses::Pass& pass : played.passes) {
    out += at(pass.at) + "pass " + std::to_string(++number) + ": ";
    for (const std::string& id : pass.servers)
      out += (&id == &pass.servers.front() ? "" : ", ") + printable(id);
    out += "\n";
  }
  if (!played.gives_up) return out + "             and so on\n";
  return out + at(*played.gives_up) + "gives up" +
         (played.bound.empty() ? "" : ", as " + played.bound + " says") + "\n";
}

}  // namespace

PlannedPasses play(const Plan& plan) {
  return Play(plan).passes();
}

std::string render_plan(const Plan& plan) {
  std::string out =
      "seed " + std::to_string(plan.seed) + "\nservers, in the order of preference:\n";
  std::size_t widest = 0, widest_uri = 0;
  for (const Plan::Entry& entry : plan.servers) {
    widest = std::max(widest, characters(printable(entry.server.id)));
    widest_uri = std::max(widest_uri, characters(printable(redacted_uri(entry.server))));
  }
  for (const Plan::Entry& entry : plan.servers) {
    out += "  " + padded(printable(entry.server.id), widest) + "  " +
           padded(printable(redacted_uri(entry.server)), widest_uri) + "  " +
           printable(entry.origin, 300) + "\n";
  }
  out += "the list may change by:\n";
  for (const Plan::Source& source : plan.sources)
    out += "  " + source.name + " " + printable(source.text, 300) + "\n";
  if (plan.sources.empty()) out += "  nothing\n";
  return out + "if every server refuses the connection:\n" + schedule(play(plan));
}

}  // namespace mqfail
