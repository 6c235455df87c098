// SPDX-License-Identifier: Apache-2.0
// A list goes from document to URI or flags and back without loss, and what cannot go along is
// told.
#include "config/naming/conversion.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <random>

#include "config/document/document_writer.hpp"
#include "config/naming/shell_words.hpp"
#include "config/uri/uri_list.hpp"
#include "unit/scratch.hpp"

using namespace mqfail;
using mqfail::test::contents;
using mqfail::test::Scratch;

namespace {

// Random servers that a document may hold, with everything in them that URIs and shells dislike.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  std::vector<DocumentServer> servers() {
    std::vector<DocumentServer> list(1 + below(6));
    for (std::size_t i = 0; i < list.size(); ++i) list[i] = server(i);
    return list;
  }

  // `forbidden`: bytes that may not be in it.
  std::string text(const std::string& forbidden = {}) {
    static const std::array<const char*, 34> kPieces = {
        "a",  "B",     "7", "-",  "_",  ".", "~", "%", "%41", "%zz", "'", "\"",
        "\\", "$(id)", "`", "(",  ")",  ",", "?", "&", "=",   "#",   "@", ":",
        "/",  "+",     " ", "\t", "\n", "{", "}", "ü", "日",  "!"};
    std::string out;
    for (std::size_t left = 1 + below(9); left > 0; --left) {
      const std::string piece = one_of(kPieces);
      if (piece.find_first_of(forbidden) == std::string::npos) out += piece;
    }
    return out.empty() || out.find_first_not_of(" \t\n") == std::string::npos ? "x" : out;
  }

 private:
  std::size_t below(std::size_t end) { return engine_() % end; }
  bool sometimes() { return below(2) == 0; }

  template <std::size_t N>
  std::string one_of(const std::array<const char*, N>& words) {
    return words[below(N)];
  }

  DocumentServer server(std::size_t place) {
    static const std::array<const char*, 9> kHosts = {
        "h.example",  "UPPER.example", "127.0.0.1",   "::1",         "fe80::1%eth0",
        "fe80::1%25", "fe80::2%25x",   "2001:db8::7", "grün.example"};
    DocumentServer server;
    server.host = one_of(kHosts);
    server.web_socket = sometimes();
    server.tls = static_cast<DocumentTls>(below(5));
    if (!server.web_socket || sometimes())
      server.port = static_cast<std::uint16_t>(1 + below(65535));
    if (server.web_socket && sometimes()) server.path = "/" + text("\n\t");
    if (sometimes()) server.user_name = text();
    if (server.user_name && sometimes())
      server.password =
          DocumentSecret{DocumentSecret::Form::reference, Secret(text("}\n\t")), 0, {}};
    if (server.tls != DocumentTls::none && sometimes()) {
      server.thumbprint = std::string(sometimes() ? 40 : 64, "0123456789abcdef"[below(16)]);
      if (sometimes())
        server.certificate_password =
            DocumentSecret{DocumentSecret::Form::reference, Secret(text("}\n\t")), 0, {}};
    }
    server.validate = sometimes();
    server.server_id = text("{}\n\t") + std::to_string(place);
    return server;
  }

  std::mt19937 engine_;
};

std::string document(const ServerListing& listing) {
  const auto servers = document_of(listing, ComponentStore(""));
  return servers ? write_document(*servers, false) : servers.error().message;
}

std::string back(const Result<std::string>& text) {
  BOOST_REQUIRE(text);
  BOOST_TEST(is_listing(*text));
  const auto listing = read_listing(*text);
  return listing ? document(*listing) : listing.error().message;
}

// What the listing of `text` is as `write` writes it.
template <class Write>
std::string as(const std::string& text, Write write) {
  const auto listing = read_listing(text);
  if (!listing) return listing.error().message;
  const auto written = write(*listing);
  return written ? *written : written.error().message;
}

std::size_t rounds() {
  const char* full = std::getenv("MQFAIL_FULL");  // NOLINT(concurrency-mt-unsafe)
  return full != nullptr && *full == '1' ? 100000 : 2000;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_document_comes_back_from_a_uri_and_from_flags_as_the_same_servers) {
  for (unsigned seed = 0; seed < rounds(); ++seed) {
    const std::string text = write_document(Dice(seed).servers(), false);
    const auto reading = read_document("doc", text);
    BOOST_REQUIRE_MESSAGE(reading.valid(), text);
    BOOST_REQUIRE_MESSAGE(write_document(reading.servers, false) == text, text);
    const auto listing = listing_of(reading.servers, "");
    BOOST_REQUIRE(listing);
    const std::string from_uri = back(write_failover_uri(*listing));
    BOOST_REQUIRE_MESSAGE(from_uri == text, "seed " << seed << "\n" << text << from_uri);
    const std::string from_flags = back(write_flags(*listing));
    BOOST_REQUIRE_MESSAGE(from_flags == text, "seed " << seed << "\n" << text << from_flags);
  }
}

BOOST_AUTO_TEST_CASE(a_real_shell_takes_the_flags_apart_as_shell_words_does) {
  const Scratch scratch;
  std::string script;
  std::string wanted;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Dice dice(seed);
    const auto listing = listing_of(dice.servers(), "");
    // Flags alone hold no quote: URIs escape it.
    std::string flags = *write_flags(*listing);
    flags.insert(flags.size() - 1, " " + shell_quoted(dice.text()));
    script += "printf '%s\\n' " + flags;
    const auto words = shell_words(flags);
    BOOST_REQUIRE(words);
    for (const std::string& word : *words) wanted += word + "\n";
  }
  const std::string file = scratch.file("script", script);
  BOOST_TEST(std::system(("sh " + file + " >" + scratch.path("out")).c_str()) == 0);  // NOLINT
  BOOST_TEST((contents(scratch.path("out")) == wanted));
}

BOOST_AUTO_TEST_CASE(words_that_a_shell_would_act_on_are_errors) {
  const auto told = [](const std::string& text) {
    const auto words = shell_words(text);
    if (!words) return words.error().message;
    std::string out;
    for (const std::string& word : *words) out += "[" + word + "]";
    return out;
  };
  BOOST_TEST(told("a 'b c'\"d\\\"e\"\\ f '' \\\n g#~") == "[a][b cd\"e f][][g#~]");
  BOOST_TEST(told("a 'b") == "a single quote is never closed");
  BOOST_TEST(told("a \"b") == "a double quote is never closed");
  BOOST_TEST(told("a\\") == "a backslash ends the text");
  BOOST_TEST(told("-s mqtt://h?tls=TLS") == "a shell would act on the '?' outside quotes");
  BOOST_TEST(told("\"$HOME\"") == "a shell would act on the '$' in double quotes");
}

BOOST_AUTO_TEST_CASE(uri_and_flags_say_the_same_about_the_list_and_about_files) {
  const std::string uri =
      "failover:(mqtts://u@a:8883?validate=true&password-file=/p%20w&cafile=/ca,mqtt://b:1?"
      "clientId=me%20too&protocol=3.1.1&cluster=C&connectTimeout=1500)?maxReconnectDelay=500&"
      "backup=true&useExponentialBackOff=false&"
      "priorityURIs=mqtt%3A%2F%2Fb%3A1";
  const std::string flags =
      "-s 'mqtts://u@a:8883?validate=true&password-file=/p%20w&cafile=/ca' -s "
      "'mqtt://b:1?clientId=me%20too&protocol=311&cluster=C&connectTimeout=1500ms' --randomize "
      "--max-reconnect-delay 500ms --backup "
      "--no-use-exponential-back-off --priority-uris mqtt://b:1\n";
  BOOST_TEST(as(uri, write_flags) == flags);
  BOOST_TEST(as(as(flags, write_failover_uri), write_flags) == flags);
  BOOST_TEST(as("mqtt://a, ssl://b", write_failover_uri) ==
             "failover:(mqtt://a:1883,mqtts://b:8883)?randomize=false\n");
  BOOST_TEST(as("-h a --host=::1 -p 99 --server ws://c", write_flags) ==
             "-s mqtt://a:99 -s 'mqtt://[::1]:99' -s ws://c\n");
  BOOST_TEST(as("-h a -h b -h c -p 1 -p 2", write_flags) == "-p is given 2 times for 3 -h");
  BOOST_TEST(as("-h a -u me", write_flags) == "'-u' is not a flag that names servers");
  BOOST_TEST(
      as("-h a --max-reconnect-delay 500", write_flags).starts_with("--max-reconnect-delay"));
}

BOOST_AUTO_TEST_CASE(what_a_document_cannot_say_is_named_server_by_server) {
  const auto listing = read_listing(
      "failover:(mqtts://a?cafile=/ca,mqtts://b?cert=/c&key=/k,mqtt://c?connectTimeout=5,"
      "mqtt://u@d?password-file=/p,mqtt://e,mqtt://f?clientId=x&cluster=C)");
  BOOST_REQUIRE(listing);
  const auto servers = document_of(*listing, ComponentStore(""));
  BOOST_REQUIRE(!servers);
  BOOST_TEST((servers.error().kind == ErrorKind::data));
  for (const std::string what :
       {"mqtts://a?...: a document has no cafile", "b?...: a document has no cert",
        "c?...: a document has no connectTimeout", "d?...: a document has no password-file",
        "f?...: a document has no cluster", "f?...: a document has no clientId"})
    BOOST_TEST(servers.error().message.find(what) != std::string::npos, servers.error().message);
  BOOST_TEST(servers.error().message.find("mqtt://e") == std::string::npos);
  // And a rule of documents: the same id twice.
  BOOST_TEST(
      document(*read_listing("mqtt://a?serverId=x,mqtt://b?serverId=X")).find("is used by") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_discovered_cannot_be_converted) {
  for (const std::string text : {"failover:(a,discovery:(dns://x))", "discovery:(dns://x)"}) {
    BOOST_TEST(is_listing(text));
    const auto listing = read_listing(text);
    BOOST_TEST_REQUIRE(!listing);
    BOOST_TEST(listing.error().hint == "leave discovery: out, and name the servers");
  }
}

BOOST_AUTO_TEST_CASE(a_plain_password_is_refused_and_never_shown) {
  for (const std::string text :
       {"mqtt://u:hunter2@h", "-s mqtt://u:hunter2@h", "failover:(mqtt://u:hunter2@h)"}) {
    const auto listing = read_listing(text);
    BOOST_REQUIRE(listing);
    for (const std::string& told :
         {as(text, write_flags), as(text, write_failover_uri), document(*listing)}) {
      BOOST_TEST(told.find("stands in plain text") != std::string::npos, told);
      BOOST_TEST(told.find("hunter2") == std::string::npos);
    }
  }
  const auto reading = read_document(
      "doc", R"([{"hostNameOrIpAddress":"h","userName":"u","password":"hunter2","serverId":"s"}])");
  const auto listing = listing_of(reading.servers, "M");
  BOOST_REQUIRE(!listing);
  BOOST_TEST(listing.error().message.find("\n  s: its password stands in plain text") !=
             std::string::npos);
  // Sealed, but nobody knows for which list.
  const auto sealed = read_document(
      "doc",
      R"([{"hostNameOrIpAddress":"h","userName":"u","password":"mqf1:00000000:AAAA","serverId":"s"}])");
  BOOST_TEST(!listing_of(sealed.servers, ""));
  BOOST_REQUIRE(listing_of(sealed.servers, "M"));
  BOOST_TEST(*write_failover_uri(*listing_of(sealed.servers, "M")) ==
             "failover:(mqtts://u@h:8883?serverId=s&tls=TLS12&component=M)?randomize=false\n");
}

BOOST_AUTO_TEST_CASE(an_address_with_a_password_is_refused_and_never_shown) {
  for (const std::string text : {"failover:(mqtt://h)?updateURIsURL=https://u:hunter2@web/list",
                                 "-s mqtt://h --update-uris-url https://u:hunter2@web/list"}) {
    const auto listing = read_listing(text);
    BOOST_TEST_REQUIRE(!listing);
    BOOST_TEST(listing.error().message.find("is not shown") != std::string::npos);
    BOOST_TEST(listing.error().message.find("hunter2") == std::string::npos);
  }
  BOOST_TEST(bool(read_listing("failover:(mqtt://h)?updateURIsURL=https://web/list")));
}

BOOST_AUTO_TEST_CASE(documents_are_told_from_listings) {
  for (const char* text :
       {"[", "{", "", "\xEF\xBB\xBF[", "-1", "RedundantServers: [\"a://b\"]", "\"mqtt://a\""})
    BOOST_TEST(!is_listing(text), text);
  for (const char* text : {"-s x", "--server x", " FAILOVER:(a)", "mqtt://a", "x://"})
    BOOST_TEST(is_listing(text), text);
}
