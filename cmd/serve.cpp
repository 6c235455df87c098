// SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rest/endpoint.hpp"
#include "rest/http_server.hpp"
#include "rest/listener.hpp"
#include "tool/journal.hpp"
#include "tool/line_writer.hpp"
#include "tool/local_time.hpp"
#include "tool/service_manager.hpp"
#include "tool/signals.hpp"

namespace mqfail {
namespace {

// One line is one write(2), as for events. The journal has the time itself.
std::string log_line(std::string_view text) {
  if (is_journal(STDERR_FILENO))
    return std::string(journal_priority(Level::info)) + "mqfail-config: " + std::string(text) +
           "\n";
  const LocalTime now(std::chrono::system_clock::now());
  return "mqfail-config: " + now.print("%T") + " " + std::string(text) + "\n";
}

Result<std::vector<Listener>> open_listeners(const ConfigOptions& options) {
  auto listeners = inherited_listeners();
  if (!listeners) return listeners;
  if (listeners->empty()) {
    const auto address = parse_listen_address(options.listen.value_or("127.0.0.1:5590"));
    if (!address) return address.error();
    if (!address->loopback && !options.listen_anywhere) {
      return Error{ErrorKind::usage, address->text() + " can be reached by other machines",
                   "if that is wanted, give --listen-anywhere and --token-file"};
    }
    auto listener = listen_at(*address);
    if (!listener) return listener.error();
    listeners->push_back(std::move(*listener));
    return listeners;
  }
  if (options.listen)
    return Error{ErrorKind::usage,
                 "--listen and the sockets of the service manager exclude each other",
                 "leave --listen out: the socket unit says where to listen"};
  for (const Listener& listener : *listeners) {
    if (!listener.address.loopback && !options.listen_anywhere) {
      return Error{
          ErrorKind::usage,
          "the service manager's " + listener.address.text() + " can be reached by other machines",
          "if that is wanted, give --listen-anywhere and --token-file"};
    }
  }
  return listeners;
}

Result<std::optional<Token>> read_token(const ConfigOptions& options) {
  if (!options.token_file) return std::optional<Token>();
  auto text = read_private_line(*options.token_file);
  if (!text) return text.error();
  auto token = Token::parse(std::move(*text), *options.token_file);
  if (!token) return token.error();
  return std::optional<Token>(std::move(*token));
}

}  // namespace

Result<Done> serve(const ConfigOptions& options, const ComponentStore& store) {
  if (options.listen_anywhere && !options.token_file)
    return Error{ErrorKind::usage, "--listen-anywhere needs --token-file",
                 "openssl rand -hex 32 makes a token; chmod 600 its file"};
  auto token = read_token(options);
  if (!token) return token.error();
  ServiceManager manager = ServiceManager::of_process();
  const HangUp hangup = HangUp::of_process();
  auto signals = Signals::block();
  if (!signals) return signals.error();
  auto listeners = open_listeners(options);
  if (!listeners) return listeners.error();

  LineWriter lines(STDERR_FILENO, [](std::uint64_t dropped) {
    return log_line(std::to_string(dropped) + (dropped == 1 ? " line was" : " lines were") +
                    " dropped, because nobody read them");
  });
  const auto log = [&lines](std::string_view text) { lines.put(log_line(text)); };
  const Endpoint endpoint(store, options.key, std::move(*token));
  HttpSettings settings;
  settings.patience = options.timeout;
  settings.log = log;
  settings.end_fd = signals->fd();
  settings.ended = [&] {
    bool ended = false;
    while (const auto signal = signals->take())
      ended = ended || *signal == SIGINT || *signal == SIGTERM ||
              (*signal == SIGHUP && hangup.ends(false));
    if (ended) manager.stopping();
    return ended;
  };
  for (const Listener& listener : *listeners) log("listening on " + listener.address.text());
  manager.ready();
  return serve_http(endpoint, std::move(*listeners), settings);
}

}  // namespace mqfail
