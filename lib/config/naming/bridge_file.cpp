// SPDX-License-Identifier: Apache-2.0
#include "config/naming/bridge_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/naming/shell_words.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

// One `connection` while its lines are read. What it says holds for all its addresses, wherever it
// stands.
struct Section {
  Bridge bridge;
  std::optional<std::string> user;
  std::optional<Secret> password;
  bool tls = false;
  DocumentTls version = DocumentTls::tls;
};

// The value of bridge_tls_version.
std::optional<DocumentTls> tls_of_word(std::string_view word) {
  constexpr std::pair<std::string_view, DocumentTls> kWords[] = {{"tlsv1.3", DocumentTls::tls13},
                                                                 {"tlsv1.2", DocumentTls::tls12},
                                                                 {"tlsv1.1", DocumentTls::tls11}};
  for (const auto& [known, version] : kWords) {
    if (word == known) return version;
  }
  return std::nullopt;
}

// The flag that says what an option of a bridge says and a list does not; empty: there is none.
std::string flag_of(std::string_view key, std::string_view value) {
  constexpr std::pair<std::string_view, std::string_view> kFlags[] = {
      {"bridge_cafile", "--cafile"},
      {"bridge_capath", "--capath"},
      {"bridge_certfile", "--cert"},
      {"bridge_keyfile", "--key"},
      {"bridge_alpn", "--tls-alpn"},
      {"remote_clientid", "-i"},
      {"clientid", "-i"},
      {"bridge_identity", "--psk-identity"},
      {"keepalive_interval", "-k"},
  };
  for (const auto& [known, flag] : kFlags) {
    if (key == known) return std::string(flag) + " " + shell_quoted(value);
  }
  if (key == "bridge_insecure") return value == "true" ? "--insecure" : "";
  if (key == "round_robin") return value == "true" ? "" : "--priority-backup";
  if (key != "bridge_protocol_version") return "";
  return value == "mqttv50" ? "-V 5" : value == "mqttv31" ? "-V 31" : "-V 311";
}

// host[:port]; the text behind the last colon is the port, as mosquitto reads it.
Result<DocumentServer> read_address(std::string_view text) {
  DocumentServer server;
  const std::size_t colon = text.rfind(':');
  server.port = std::uint16_t{1883};
  if (colon != std::string_view::npos && !text.ends_with(']')) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return port.error();
    server.port = *port;
    text = text.substr(0, colon);
  }
  auto host = parse_host(text);
  if (!host) return host.error();
  server.host = std::move(*host);
  return server;
}

class BridgeReader {
 public:
  explicit BridgeReader(std::string_view name) : name_(name) {}

  Result<Done> line(std::string_view text) {
    ++number_;
    text = trimmed(text);
    if (text.empty() || text.front() == '#') return Done{};
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view key = text.substr(0, end);
    const std::string_view value = trimmed(text.substr(end));
    if (key == "connection") {
      sections_.push_back({});
      sections_.back().bridge.name = value;
      in_bridge_ = true;
      return Done{};
    }
    if (key == "listener") in_bridge_ = false;
    return in_bridge_ ? option(key, value, sections_.back()) : Done{};
  }

  Result<std::vector<Bridge>> bridges() {
    std::vector<Bridge> all;
    for (Section& section : sections_) {
      if (section.bridge.servers.empty()) continue;
      for (DocumentServer& server : section.bridge.servers) {
        server.tls = section.tls ? section.version : DocumentTls::none;
        server.user_name = section.user;
        if (section.password) server.password = {DocumentSecret::Form::plain, *section.password};
      }
      all.push_back(std::move(section.bridge));
    }
    if (!all.empty()) return all;
    return Error{ErrorKind::data, std::string(name_) + " has no bridge with an address",
                 "a bridge begins with: connection NAME"};
  }

 private:
  Result<Done> option(std::string_view key, std::string_view value, Section& section) {
    const auto is = [key](std::string_view a, std::string_view b) { return key == a || key == b; };
    if (is("address", "addresses")) return addresses(value, section);
    const bool user = is("remote_username", "username");
    const bool password = is("remote_password", "password");
    if ((user || password) && !is_utf8(value))
      return bad(std::string(key) + " is not UTF-8, and a list can have nothing else");
    if (user) section.user = std::string(value);
    if (password) section.password = Secret(value);
    if (is("bridge_cafile", "bridge_capath")) section.tls = true;
    if (key == "bridge_tls_version") {
      const auto version = tls_of_word(value);
      if (!version) return bad("bridge_tls_version is tlsv1.3, tlsv1.2 or tlsv1.1");
      section.version = *version;
    }
    if (key == "bridge_psk")
      return bad("bridge_psk: a list of servers has no pre-shared key; give --psk to the commands");
    if (std::string flag = flag_of(key, value); !flag.empty())
      section.bridge.flags.push_back(std::move(flag));
    return Done{};
  }

  Result<Done> addresses(std::string_view value, Section& section) {
    while (!value.empty()) {
      const std::size_t end = std::min(value.find_first_of(" \t"), value.size());
      const auto server = read_address(value.substr(0, end));
      if (!server) return bad("address: " + server.error().message);
      section.bridge.servers.push_back(*server);
      value = trimmed(value.substr(end));
    }
    return Done{};
  }

  Error bad(const std::string& what) const {
    return {ErrorKind::data, std::string(name_) + ":" + std::to_string(number_) + ": " + what, ""};
  }

  std::string_view name_;
  std::size_t number_ = 0;
  bool in_bridge_ = false;
  std::vector<Section> sections_;
};

bool same_login(const DocumentServer& a, const DocumentServer& b) {
  return a.user_name == b.user_name && a.tls == b.tls &&
         a.password.has_value() == b.password.has_value();
}

// What a bridge cannot say of the server; empty: it can say all.
std::string unsayable(const DocumentServer& server, const DocumentServer& first) {
  if (server.web_socket) return "a bridge does not speak WebSocket";
  if (!server.validate && server.tls != DocumentTls::none)
    return "a bridge always verifies the server";
  const std::string user = server.user_name.value_or("");
  if (printable(user, user.size()) != user)
    return "a user name with control characters does not fit on a line";
  if (server.thumbprint) return "a bridge takes a certificate by its file only";
  if (!same_login(server, first)) return "a bridge has one login and one TLS for all addresses";
  return "";
}

}  // namespace

Result<std::vector<Bridge>> read_bridges(std::string_view name, std::string_view text) {
  BridgeReader reader(name);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto done = reader.line(text.substr(0, end)); !done) return done.error();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.bridges();
}

Result<std::string> write_bridge(const std::string& name,
                                 const std::vector<DocumentServer>& servers) {
  std::string text = "connection " + name + "\naddress";
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const DocumentServer& server = servers[i];
    if (const std::string why = unsayable(server, servers.front()); !why.empty()) {
      return Error{
          ErrorKind::data,
          "server " + std::to_string(i + 1) + " (" + printable(server.host, 100) + "): " + why,
          "mqfail-config convert writes other forms"};
    }
    text += " " + server.host + ":" + std::to_string(server.port.value_or(1883));
  }
  const DocumentServer& first = servers.front();
  text += "\nround_robin false\n";
  if (first.user_name) text += "remote_username " + *first.user_name + "\n";
  if (first.password) text += "# remote_password is not shown; write it here\n";
  if (first.tls == DocumentTls::none) return text;
  text += "bridge_capath /etc/ssl/certs\n";
  const auto version = first.tls == DocumentTls::tls13   ? "tlsv1.3"
                       : first.tls == DocumentTls::tls11 ? "tlsv1.1"
                                                         : "tlsv1.2";
  return text + "bridge_tls_version " + version + "\n";
}

}  // namespace mqfail
