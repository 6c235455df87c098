// SPDX-License-Identifier: Apache-2.0
#include "faults/servers.hpp"

namespace faults {

using namespace rig;

namespace {

Script with_login(Script script, const std::string& user, const std::string& password) {
  script.user = user;
  script.password = password;
  return script;
}

MosquittoSettings with_plain_listener(MosquittoSettings settings, std::uint16_t port) {
  settings.lines.push_back("max_queued_messages 0");
  settings.lines.push_back("listener " + std::to_string(port) + " 127.0.0.1");
  return settings;
}

}  // namespace

Scripted::Scripted(Script script, int login, const Over& over)
    : server(with_login(std::move(script), "user-" + std::to_string(login),
                        "secret-" + std::to_string(login))),
      number(login),
      user_("user-" + std::to_string(login)),
      password_("secret-" + std::to_string(login)) {
  if (over.websocket) websocket_ = std::make_unique<WebSocketFront>(server.port());
  if (over.tls != nullptr)
    tls_ = std::make_unique<TlsFront>(server.port(), *over.tls, over.newest_tls);
}

std::uint16_t Scripted::front() const {
  return tls_ ? tls_->port() : websocket_ ? websocket_->port() : server.port();
}

std::string Scripted::uri() const {
  const std::string scheme = tls_ ? "mqtts" : websocket_ ? "ws" : "mqtt";
  return scheme + "://" + user_ + ":" + password_ + "@" + name + ":" +
         std::to_string(through != 0 ? through : front());
}

fault::Book Scripted::book() {
  fault::Book book;
  std::map<std::pair<int, std::string>, std::size_t> open;
  for (Seen& seen : server.log()) {
    const std::pair<int, std::string> key{seen.connection, seen.publish.payload};
    if (seen.what == What::publish) {
      open[key] = book.passed.size();
      book.passed.push_back(
          {seen.connection, seen.publish.payload, seen.publish.dup, seen.at, false});
    } else if (seen.what == What::acknowledged) {
      book.passed[open.at(key)].acknowledged = true;
    }
  }
  return book;
}

std::size_t Scripted::wrong_credentials() {
  std::size_t wrong = 0;
  for (const Seen& seen : server.log(What::connect)) {
    const Connect& connect = seen.connect;
    if (connect.user.value_or(user_) != user_ || connect.password.value_or(password_) != password_)
      ++wrong;
  }
  return wrong;
}

bool Real::dropped() {
  return server.log().find("messages are being dropped") != std::string::npos;
}

Bare::Bare(MosquittoSettings settings)
    : plain_(free_port()),
      tls(!settings.certificate.empty()),
      server(with_plain_listener(std::move(settings), plain_)) {}

std::string Bare::uri() const {
  return std::string(tls ? "mqtts" : "mqtt") +
         "://127.0.0.1:" + std::to_string(through != 0 ? through : server.port());
}

}  // namespace faults
