// SPDX-License-Identifier: Apache-2.0
#include "rest/endpoint.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "config/document/document.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/server_ids.hpp"
#include "config/store/stored_list.hpp"
#include "rest/resource.hpp"

namespace mqfail {
namespace {

constexpr std::array<std::string_view, 6> kOfList = {"GET",  "HEAD",  "PUT",
                                                     "POST", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 5> kOfServer = {"GET", "HEAD", "PUT", "PATCH", "DELETE"};

bool has_document(std::string_view method) {
  return method == "PUT" || method == "POST" || method == "PATCH";
}

template <std::size_t N>
std::optional<Answer> refuse_method(std::string_view method,
                                    const std::array<std::string_view, N>& known,
                                    const About& about) {
  if (std::find(known.begin(), known.end(), method) != known.end()) return std::nullopt;
  std::string list;
  for (const std::string_view one : known) list.append(list.empty() ? "" : ", ").append(one);
  Answer answer = error_answer(
      405, {ErrorKind::usage, printable(method, 32) + " means nothing here", "use one of " + list},
      about);
  answer.allow = std::move(list);
  return answer;
}

// application/json, in UTF-8 if anything is said about it.
bool is_json(std::string_view content_type) {
  const std::size_t semicolon = content_type.find(';');
  if (!same_word(trimmed(content_type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  std::string charset = lower_case(trimmed(content_type.substr(semicolon + 1)));
  std::erase(charset, '"');
  return charset.empty() || !charset.starts_with("charset") || charset == "charset=utf-8" ||
         charset == "charset=utf8";
}

std::string warnings_of(const DocumentReading& reading) {
  constexpr std::size_t kShown = 3;
  std::string text;
  std::size_t count = 0;
  for (const Report& report : reading.reports) {
    if (report.severity != Severity::warning) continue;
    if (count++ < kShown) text += "; warning: " + printable(report.message, 200);
  }
  if (count > kShown) text += "; " + std::to_string(count - kShown) + " further warnings";
  return text;
}

// One request on one list.
class Operation {
 public:
  Operation(const ComponentStore& store, const KeySource& keys, Resource resource,
            References references)
      : store_(store),
        resource_(std::move(resource)),
        // A key of its own each time: rekey may have replaced the file meanwhile.
        keys_(keys),
        list_(store, resource_.component, keys_, references) {}

  Answer run(std::string_view method, Secret body) {
    if (method == "GET" || method == "HEAD") return get();
    if (method == "DELETE") return remove();
    const NamedText document{"request", std::move(body)};
    const auto& id = resource_.server_id;
    if (method == "POST") return changed(list_.add(document, resource_.component));
    if (method == "PATCH") return changed(list_.merge(document, resource_.component, id));
    return changed(id ? list_.put(document, *id) : list_.set(document, resource_.component));
  }

 private:
  About about() const { return {resource_.component, resource_.server_id.value_or("")}; }

  Answer get() {
    const auto servers = list_.servers();
    if (!servers) return failed(servers.error(), 500);
    if (!resource_.server_id) return {200, write_document(*servers, true), {}, {}};
    const DocumentServer* const server = find_server(*servers, *resource_.server_id);
    if (server == nullptr)
      return error_answer(404, no_such_server(resource_.component, *resource_.server_id), about());
    return {200, write_document_server(*server, true), {}, {}};
  }

  Answer remove() {
    const auto removed = list_.remove(resource_.server_id);
    return removed ? Answer{204, {}, {}, "removed"} : failed(removed.error(), 409);
  }

  Answer changed(const Result<Change>& change) {
    if (!change) return failed(change.error(), 409);
    if (!change->reading.valid()) return document_answer(change->reading, about());
    return {204,
            {},
            {},
            (change->written ? "stored" : "the same was stored already") +
                warnings_of(change->reading)};
  }

  // `conflict`: the status if the request does not fit what is stored.
  Answer failed(const Error& error, unsigned conflict) {
    switch (error.kind) {
      case ErrorKind::usage:
        return error_answer(400, error, about());
      case ErrorKind::data:
        return error_answer(conflict, error, about());
      case ErrorKind::temporary:
        return error_answer(503, error, about());
      case ErrorKind::no_input:
        // 404 if the store can be read and has no such thing, 500 if it cannot be read.
        return error_answer(store_.read(resource_.component) ? 404 : 500, error, about());
      default:
        return error_answer(500, error, about());
    }
  }

  const ComponentStore& store_;
  Resource resource_;
  KeyChain keys_;
  StoredList list_;
};

}  // namespace

std::optional<Answer> Endpoint::refuse(const RequestHead& head) const {
  if (auto stranger = refuse_stranger(head, token_)) return stranger;
  const auto resource = parse_resource(split_target(head.target).path);
  if (!resource)
    return error_answer(resource.error().kind == ErrorKind::no_input ? 404 : 400, resource.error());
  const About about{resource->component, resource->server_id.value_or("")};
  auto refused = resource->server_id ? refuse_method(head.method, kOfServer, about)
                                     : refuse_method(head.method, kOfList, about);
  if (refused) return refused;
  if (!has_document(head.method)) return std::nullopt;
  if (head.content_encoded) {
    return error_answer(
        415,
        {ErrorKind::usage, "a document with a content encoding is not read", "send it as it is"},
        about);
  }
  if (!is_json(head.content_type)) {
    return error_answer(
        415,
        {ErrorKind::usage,
         head.content_type.empty()
             ? "the content type is missing"
             : "the content type " + printable(head.content_type, 100) + " is not read",
         "send Content-Type: application/json"},
        about);
  }
  return std::nullopt;
}

bool Endpoint::changes(const RequestHead& head) {
  return head.method != "GET" && head.method != "HEAD";
}

Answer Endpoint::answer(const RequestHead& head, Secret body) const {
  auto resource = parse_resource(split_target(head.target).path);
  if (!resource) return error_answer(400, resource.error());  // refuse() saw that it is good
  // Without a token it may be any user of this machine. He may choose a server, and so he must not
  // choose the secret that it gets.
  const References references = token_ ? References::any : References::stored;
  return Operation(store_, keys_, std::move(*resource), references)
      .run(head.method, std::move(body));
}

}  // namespace mqfail
