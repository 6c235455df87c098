// SPDX-License-Identifier: Apache-2.0
// The table of TLS: what a server shows and supports, what the user asked for, and the result, with
// `openssl s_server` and mosquitto. A tap in front of each server sees the first bytes of the
// client: always a TLS handshake.
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "end_to_end/tools.hpp"
#include "rig/authority.hpp"

using namespace rig;

namespace {

// Forwards bytes to a server and records the first bytes of each connection.
class Tap {
 public:
  explicit Tap(std::uint16_t upstream) : upstream_(upstream), listener_(listen_on(0)) {
    port_ = port_of(listener_);
    thread_ = std::thread([this] { run(); });
  }
  ~Tap() {
    waker_.wake();
    thread_.join();
  }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  std::uint16_t port() const { return port_; }

  int connections() const { return connections_; }
  /// The number of connections that began with anything but a ClientHello in a TLS record.
  int without_hello() const { return without_hello_; }
  /// Ends the open connections with RST, or with FIN without a TLS close_notify, as after kill.
  void cut(bool reset = true) {
    reset_ = reset;
    cut_ = true;
    waker_.wake();
  }

 private:
  struct Pair {
    Fd client, server;
    std::string first;
  };

  static bool pump(const Fd& from, const Fd& to, std::string* first) {
    char bytes[16384];
    const ssize_t got = ::recv(from.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    if (first != nullptr && first->size() < 6)
      first->append(bytes, static_cast<std::size_t>(std::min<ssize_t>(got, 6)));
    return write_all(to.get(), {bytes, static_cast<std::size_t>(got)});
  }

  void judge(const Pair& pair) {
    if (pair.first.empty()) return;  // it said nothing at all
    const bool hello = pair.first.size() >= 6 && pair.first[0] == 0x16 && pair.first[1] == 0x03 &&
                       pair.first[5] == 0x01;
    if (!hello) ++without_hello_;
  }

  void run() {
    std::list<Pair> pairs;
    while (true) {
      std::vector<pollfd> polled{{waker_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs) {
        polled.push_back({pair.client.get(), POLLIN, 0});
        polled.push_back({pair.server.get(), POLLIN, 0});
      }
      ::poll(polled.data(), polled.size(), -1);
      if (polled[0].revents != 0) {
        waker_.drain();
        if (!cut_.exchange(false)) break;
        for (Pair& pair : pairs) {
          judge(pair);
          if (reset_) reset_connection(pair.client);
        }
        pairs.clear();
        continue;
      }
      std::size_t at = 2;
      for (auto pair = pairs.begin(); pair != pairs.end(); at += 2) {
        const bool up = polled[at].revents == 0 || pump(pair->client, pair->server, &pair->first);
        const bool down = polled[at + 1].revents == 0 || pump(pair->server, pair->client, nullptr);
        if (up && down) {
          ++pair;
          continue;
        }
        judge(*pair);
        pair = pairs.erase(pair);
      }
      if (polled[1].revents == 0) continue;
      Pair pair{Fd(::accept(listener_.get(), nullptr, nullptr)), connect_to(upstream_, 5s), {}};
      if (!pair.client || !pair.server) continue;
      ++connections_;
      pairs.push_back(std::move(pair));
    }
    for (const Pair& pair : pairs) judge(pair);
  }

  std::uint16_t upstream_, port_ = 0;
  Fd listener_;
  std::atomic<int> connections_{0}, without_hello_{0};
  std::atomic<bool> cut_{false}, reset_{false};
  Waker waker_;
  std::thread thread_;
};

// Certificates of all kinds, made once.
struct World {
  Authority authority{"the authority"}, stranger{"a stranger"};
  Issued good = authority.issue();
  Issued expired = authority.issue({.from_days = -9, .to_days = -2});
  Issued early = authority.issue({.from_days = 2, .to_days = 9});
  Issued elsewhere =
      authority.issue({.name = "x", .alternatives = "DNS:elsewhere.example,IP:192.0.2.1"});
  Issued address_only = authority.issue({.name = "x", .alternatives = "IP:127.0.0.1"});
  Issued name_only = authority.issue({.alternatives = "DNS:localhost"});
  Issued alone = authority.issue({.self_signed = true});
  Issued weak = authority.issue({.rsa_bits = 1024});
  Issued strange_client = stranger.issue({.name = "a strange client", .alternatives = ""});
  Issued client = authority.issue({.name = "client", .alternatives = ""});
  Issued old_client =
      authority.issue({.name = "old client", .alternatives = "", .from_days = -9, .to_days = -2});
  Issued keyless = authority.issue({.name = "keyless", .alternatives = ""});
  Issued middle = authority.issue_authority("the middle");
  Issued far_client = authority.issue_by(middle, {.name = "far client", .alternatives = ""});
  Scratch folder;

  World() {
    const auto file = [this](const char* name) { return (folder / name).string(); };
    write_pfx(file("a.pfx"), authority.issue({.name = "another"}), {.password = "other"});
    write_pfx(file("client.PFX"), client, {.password = "s3cret"});
    write_pfx(file("expired.p12"), old_client, {.password = "s3cret"});
    write_pfx(file("keyless.p12"), keyless, {.password = "s3cret", .with_key = false});
    write_pfx(file("far.p12"), far_client, {.password = "s3cret", .chain = &middle});
    write_file(folder / "damaged.p12", "no file of this kind");
  }
};
World& world() {
  static World made;
  return made;
}

std::string document(std::uint16_t port, const std::string& thumbprint,
                     const std::string& password) {
  return "{\"hostNameOrIpAddress\": \"localhost\", \"tls\": \"TLS\", \"port\": " +
         std::to_string(port) + ", \"clientCertificateThumbprint\": \"" + thumbprint + "\"" +
         (password.empty() ? "" : ", \"clientCertificatePassword\": \"" + password + "\"") + "}";
}

// The result of a run of mqfail-pub with one server.
struct End {
  std::string connected;  // "TLSv1.3"; empty: it was not
  std::string cause;      // of its failure
  std::string all;        // everything on stderr
};

End run_pub(Arguments arguments, const std::string& input = {}) {
  arguments.insert(arguments.end(), {"-t", "t", "-m", "x", "-q", "1", "--once"});
  Process publisher({.argv = pub(arguments), .stdin_pipe = true});
  publisher.feed(input);
  const int status = status_of(publisher);
  Events events(publisher);
  End end;
  end.all = publisher.bytes(Stream::err);
  if (const auto connected = events.last("connected")) {
    BOOST_TEST(status == 0, end.all);
    end.connected = connected->get("tls");
  } else if (const auto failed = events.last("failed")) {
    BOOST_TEST(status == 69, end.all);
    end.cause = failed->get("phase") + ": " + failed->get("reason") + ": " + failed->get("text");
  }
  return end;
}

// `openssl s_server` with a certificate, on a port of its own.
class SServer {
 public:
  SServer(const Issued& issued, const Arguments& more) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      port_ = free_port();
      Arguments argv{"openssl", "s_server",         "-accept", "127.0.0.1:" + std::to_string(port_),
                     "-cert",   issued.certificate, "-key",    issued.key};
      argv.insert(argv.end(), more.begin(), more.end());
      process_ = std::make_unique<Process>(Command{.argv = argv, .stdin_pipe = true});
      if (process_->wait_for_line(Stream::out, "^ACCEPT$", 10s)) return;
    }
    throw Broken("s_server does not start: " + process_->bytes(Stream::err));
  }
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

Mosquitto& strict_server() {
  static Mosquitto server({.lines = {"cafile " + world().authority.file(),
                                     "require_certificate true", "use_identity_as_username true"},
                           .certificate = world().good.certificate,
                           .key = world().good.key});
  return server;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_certificate_is_found_by_its_thumbprint) {
  Tap tap(strict_server().port());
  const World& w = world();
  const std::string folder = w.folder.path().string();
  struct Row {
    std::string thumbprint, password, folder, cause;
  };
  std::string windows = w.client.sha1;  // as its dialogue shows it
  for (char& c : windows) c = static_cast<char>(std::toupper(c));
  const std::vector<Row> rows{
      {w.client.sha1, "s3cret", folder, ""},
      {w.client.sha256, "s3cret", folder, ""},
      {windows, "s3cret", folder, ""},
      {w.far_client.sha1, "s3cret", folder, ""},  // with the certificate in between
      {w.client.sha1, "wrong", folder, "wrong password: clientCertificatePassword does not open"},
      {w.client.sha1, "", folder, "no clientCertificatePassword was given to open"},
      {w.old_client.sha1, "s3cret", folder, "expired since " + w.old_client.not_after},
      {w.keyless.sha1, "s3cret", folder, "no private key for it in " + folder + "/keyless.p12"},
      {w.client.sha1, "s3cret", folder + "/nowhere", "no such folder: " + folder + "/nowhere"},
  };
  for (const Row& row : rows) {
    const End end = run_pub({"--servers", "-", "--cafile", w.authority.file(), "--cert-dir",
                             row.folder, "--connect-timeout", "5s"},
                            document(tap.port(), row.thumbprint, row.password));
    if (row.cause.empty()) {
      BOOST_TEST(end.connected.starts_with("TLSv1."), end.all);
    } else {
      BOOST_TEST(end.cause.find("tls: TLS failed: client certificate: ") == 0U, end.all);
      BOOST_TEST(end.cause.find(row.cause) != std::string::npos, end.all);
    }
  }
  BOOST_TEST(tap.connections() == 4);  // who has no certificate does not bother the server
  BOOST_TEST(tap.without_hello() == 0);
}

BOOST_AUTO_TEST_CASE(who_each_one_was_is_known_to_the_server) {
  Mosquitto& server = strict_server();
  const World& w = world();
  run_pub(
      {"--servers", "-", "--cafile", w.authority.file(), "--cert-dir", w.folder.path().string()},
      document(server.port(), w.far_client.sha1, "s3cret"));
  BOOST_TEST(server.log().find("u'far client'") != std::string::npos, server.log());
}

BOOST_AUTO_TEST_CASE(the_search_path_is_gone_through_in_order) {
  const World& w = world();
  Scratch home;
  const std::filesystem::path config = home / "config/mqfail/components/T";
  const std::filesystem::path store = home / ".dotnet/corefx/cryptography/x509stores/my";
  const std::filesystem::path named = home / "named";
  for (const auto& folder : {config, store, named}) std::filesystem::create_directories(folder);
  std::map<std::string, std::string> environment{{"XDG_CONFIG_HOME", (home / "config").string()},
                                                 {"XDG_STATE_HOME", (home / "state").string()},
                                                 {"HOME", home.path().string()}};
  const auto in = [&](const Arguments& arguments, const std::string& input = {}) {
    Process process({.argv = command("mqfail-config", arguments),
                     .environment = environment,
                     .stdin_pipe = true});
    process.feed(input);
    CHECK_STATUS(process, 0);
    return process.bytes(Stream::out);
  };
  // The password is stored sealed.
  in({"set", "--component", "T"}, document(strict_server().port(), w.client.sha1, "s3cret"));
  const auto works = [&](const Arguments& more) {
    Arguments arguments{"--component", "T", "--cafile", w.authority.file(), "-t", "t",
                        "-m",          "x", "--once"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Process publisher({.argv = pub(arguments), .environment = environment});
    return status_of(publisher) == 0;
  };
  BOOST_TEST(!works({}));
  // .NET stores certificates without a password and under this name. A configured password does no
  // harm.
  const std::string dot_net = (store / (w.client.sha1 + ".pfx")).string();
  write_pfx(dot_net, w.client, {});
  BOOST_TEST(works({}));
  const std::string listed = in({"certs", "--component", "T"});
  BOOST_TEST(listed == w.client.sha1 + "\t" + w.client.not_after + "\topens without a password\t" +
                           dot_net + "\tCN=client\n");
  std::filesystem::remove(dot_net);
  BOOST_TEST(!works({}));
  write_pfx((config / "in the component's folder.p12").string(), w.client,
            {.password = "s3cret", .old = true});  // RC2, as OpenSSL 1.1 wrote it
  BOOST_TEST(works({}));
  std::filesystem::rename(config / "in the component's folder.p12", named / "n\x1b[31m.p12");
  BOOST_TEST(!works({}));
  BOOST_TEST(works({"--cert-dir", "/nonexistent", "--cert-dir", named.string()}));
  environment["MQFAIL_CERT_DIR"] = named.string();
  BOOST_TEST(works({}));
  BOOST_TEST(in({"certs"}) == "-\t-\tneeds a password\t" + named.string() + "/n\\x1b[31m.p12\t-\n");
  // No part of the key is left anywhere.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home.path())) {
    if (entry.is_regular_file()) {
      BOOST_TEST(read_file(entry.path()).find("PRIVATE KEY") == std::string::npos, entry.path());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_server_whose_certificate_is_missing_is_left_for_the_next) {
  const World& w = world();
  Mosquitto next({.certificate = w.good.certificate, .key = w.good.key});
  const std::string one = document(strict_server().port(), w.client.sha1, "wrong");
  const End end =
      run_pub({"--servers", "-", "-s", "mqtts://localhost:" + std::to_string(next.port()),
               "--cafile", w.authority.file(), "--cert-dir", w.folder.path().string()},
              one);
  BOOST_TEST(end.connected.starts_with("TLSv1."), end.all);
  BOOST_TEST(end.all.find("wrong password") != std::string::npos, end.all);
}

namespace {

struct Row {
  const char* name;
  std::uint16_t port;
  const char* host;
  Arguments arguments;
  std::string connected;  // the version; empty: it must fail, with this cause
  std::string cause;
};

// A probe has a connection of its own kind, and must judge alike.
void check_probe(const Row& row, Arguments arguments) {
  arguments.insert(arguments.end(), {"--format", "json"});
  const Finished probed = run(command("mqfail-probe", arguments));
  const bool good = !row.connected.empty();
  BOOST_TEST(probed.exit.status == (good ? 0 : 2), row.name << ": " << probed.out);
  const std::string part = good ? R"("tls":")" + row.connected + "\"" : row.cause;
  BOOST_TEST(probed.out.find(part) != std::string::npos, row.name << ": " << probed.out);
  if (!good) BOOST_TEST(probed.out.find(R"("phase":"tls")") != std::string::npos, probed.out);
}

void check(const Row& row) {
  Tap tap(row.port);
  Arguments arguments{"-s", std::string("mqtts://") + row.host + ":" + std::to_string(tap.port())};
  arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
  const End end = run_pub(arguments);
  BOOST_TEST(end.connected == row.connected, row.name << ": " << end.all);
  BOOST_TEST(
      (row.connected.empty() ? end.cause.find(row.cause) != std::string::npos : end.cause.empty()),
      row.name << ": " << end.all);
  if (row.connected.empty())
    BOOST_TEST(end.cause.starts_with("tls: TLS failed: "), row.name << ": " << end.all);
  const bool checked =
      std::find_if(row.arguments.begin(), row.arguments.end(), [](const auto& one) {
        return one == "--insecure" || one == "--no-verify";
      }) == row.arguments.end();
  BOOST_TEST((end.all.find("\"event\":\"insecure\"") == std::string::npos) == checked,
             row.name << ": " << end.all);
  BOOST_TEST(tap.connections() >= 1, row.name);
  check_probe(row, arguments);
  BOOST_TEST(tap.without_hello() == 0, row.name);
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_row_of_the_table_ends_as_it_should) {
  const World& w = world();
  const auto mosquitto = [](const Issued& issued, std::vector<std::string> lines = {}) {
    return MosquittoSettings{
        .lines = std::move(lines), .certificate = issued.certificate, .key = issued.key};
  };
  const std::string secret = "00c0ffee";
  Scratch folder;
  write_file(folder / "psk", "sensor:" + secret + "\n");
  // tls_version of mosquitto is the oldest version, not the only one.
  write_file(folder / "openssl.cnf",
             "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
             "MaxProtocol = TLSv1.2\n");
  std::filesystem::create_directory(folder / "trusted");
  std::filesystem::copy(w.authority.file(), folder / "trusted/one.pem");
  BOOST_REQUIRE(run({"openssl", "rehash", (folder / "trusted").string()}).exit.status == 0);

  const Arguments old_ciphers{"-cipher", "DEFAULT:@SECLEVEL=0"};
  const auto s_server = [](const Issued& issued, Arguments first, const Arguments& second = {}) {
    first.insert(first.end(), second.begin(), second.end());
    return SServer(issued, first);
  };
  Mosquitto both(mosquitto(w.good)),
      only12({.certificate = w.good.certificate,
              .key = w.good.key,
              .environment = {{"OPENSSL_CONF", (folder / "openssl.cnf").string()}}}),
      only11(mosquitto(w.good, {"tls_version tlsv1.1", "ciphers DEFAULT@SECLEVEL=0"})),
      weak11(mosquitto(w.weak, {"tls_version tlsv1.1", "ciphers DEFAULT@SECLEVEL=0"})),
      by_address(mosquitto(w.address_only)), elsewhere(mosquitto(w.elsewhere)),
      alone(mosquitto(w.alone)),
      psk({.lines = {"psk_hint here", "psk_file " + (folder / "psk").string()}}), plain;
  SServer s12 = s_server(w.good, {"-tls1_2"}), s13 = s_server(w.good, {"-tls1_3"}),
          s11 = s_server(w.good, {"-tls1_1"}, old_ciphers), s_new = s_server(w.good, {}),
          s_weak = s_server(w.weak, old_ciphers), s_expired = s_server(w.expired, {}),
          s_early = s_server(w.early, {}), s_elsewhere = s_server(w.elsewhere, {}),
          s_name = s_server(w.name_only, {}), s_alone = s_server(w.alone, {}),
          s_alpn = s_server(w.good, {"-alpn", "mqtt"});

  const Arguments trust{"--cafile", w.authority.file()};
  const auto trusting = [&](Arguments more) {
    more.insert(more.end(), trust.begin(), trust.end());
    return more;
  };
  const Arguments tls11{"--tls-version", "tlsv1.1"}, tls12{"--tls-version", "tlsv1.2"},
      tls13{"--tls-version", "tlsv1.3"};
  const std::string no_version = "protocol version: the server does not speak TLS ";
  const std::string required = "client certificate required";
  const std::vector<Row> rows{
      {"1.2 or later takes the newest", both.port(), "localhost", trust, "TLSv1.3", ""},
      {"1.2 pinned, both offered", both.port(), "localhost", trusting(tls12), "TLSv1.2", ""},
      {"1.3 pinned, both offered", both.port(), "localhost", trusting(tls13), "TLSv1.3", ""},
      {"1.2 or later, 1.2 offered", only12.port(), "localhost", trust, "TLSv1.2", ""},
      {"1.3 pinned, 1.2 offered", s12.port(), "localhost", trusting(tls13), "", no_version + "1.3"},
      {"1.2 pinned, 1.3 offered", s13.port(), "localhost", trusting(tls12), "", no_version + "1.2"},
      {"1.2 or later, 1.1 offered", s11.port(), "localhost", trust, "",
       no_version + "1.2 or later"},
      {"1.1 pinned, newer offered", s_new.port(), "localhost", trusting(tls11), "",
       no_version + "1.1"},
      {"1.1 pinned and offered", only11.port(), "localhost", trusting(tls11), "TLSv1.1", ""},
      {"RSA 1024 with 1.1", weak11.port(), "localhost", trusting(tls11), "TLSv1.1", ""},
      {"RSA 1024", s_weak.port(), "localhost", trust, "",
       "weak key: the certificate has RSA 1024 bits"},
      {"RSA 1024 unverified",
       s_weak.port(),
       "localhost",
       {"--no-verify"},
       "",
       "weak key: the certificate has RSA 1024 bits"},
      {"wrong CA",
       s_new.port(),
       "localhost",
       {"--cafile", w.stranger.file()},
       "",
       "certificate of an unknown issuer (CN=the authority)"},
      {"expired", s_expired.port(), "localhost", trust, "",
       "certificate expired since " + w.expired.not_after + " (CN=localhost)"},
      {"not yet valid", s_early.port(), "localhost", trust, "",
       "certificate not yet valid until " + w.early.not_before},
      {"wrong name", s_elsewhere.port(), "localhost", trust, "",
       "host name mismatch: the certificate is not for localhost but for elsewhere.example, "
       "192.0.2.1"},
      {"address in the certificate", by_address.port(), "127.0.0.1", trust, "TLSv1.3", ""},
      {"address not in the certificate", s_name.port(), "127.0.0.1", trust, "",
       "host name mismatch: the certificate is not for 127.0.0.1 but for localhost"},
      {"wrong name, not checked", elsewhere.port(), "localhost", trusting({"--insecure"}),
       "TLSv1.3", ""},
      {"self-signed", s_alone.port(), "localhost", trust, "",
       "self-signed certificate (CN=localhost)"},
      {"self-signed and trusted",
       alone.port(),
       "localhost",
       {"--cafile", w.alone.certificate},
       "TLSv1.3",
       ""},
      {"nothing verified", alone.port(), "localhost", {"--no-verify"}, "TLSv1.3", ""},
      {"a directory of authorities",
       both.port(),
       "localhost",
       {"--capath", (folder / "trusted").string()},
       "TLSv1.3",
       ""},
      {"no client certificate with 1.2", strict_server().port(), "localhost", trusting(tls12), "",
       required},
      {"no client certificate with 1.3", strict_server().port(), "localhost", trusting(tls13), "",
       required},
      {"client certificate in PEM files", strict_server().port(), "localhost",
       trusting({"--cert", w.client.certificate, "--key", w.client.key}), "TLSv1.3", ""},
      {"a stranger's client certificate", strict_server().port(), "localhost",
       trusting({"--cert", w.strange_client.certificate, "--key", w.strange_client.key}), "",
       "the server refuses our client certificate: unknown issuer"},
      {"pre-shared key",
       psk.port(),
       "localhost",
       {"--psk", secret, "--psk-identity", "sensor"},
       "TLSv1.2",
       ""},
      {"wrong pre-shared key",
       psk.port(),
       "localhost",
       {"--psk", "00c0ffef", "--psk-identity", "sensor"},
       "",
       "pre-shared key: the server has another one for this identity"},
      {"unknown identity",
       psk.port(),
       "localhost",
       {"--psk", secret, "--psk-identity", "x"},
       "",
       "pre-shared key: the server does not know this identity"},
      {"pre-shared key where there is none",
       s12.port(),
       "localhost",
       {"--psk", secret, "--psk-identity", "sensor"},
       "",
       "pre-shared key: the server takes none"},
      {"ALPN that the server does not know", s_alpn.port(), "localhost",
       trusting({"--tls-alpn", "x-amzn-mqtt-ca"}), "",
       "ALPN: the server does not speak x-amzn-mqtt-ca"},
      {"plain text", plain.port(), "localhost", trust, "", "does this port speak TLS?"},
  };
  for (const Row& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(the_systems_authorities_are_trusted_without_any_option) {
  const World& w = world();
  Mosquitto server({.certificate = w.good.certificate, .key = w.good.key});
  for (const bool trusted : {true, false}) {
    Process publisher(
        {.argv = pub({"-s", "mqtts://localhost:" + std::to_string(server.port()), "-t", "t", "-m",
                      "x", "--once"}),
         .environment = {{"SSL_CERT_FILE", (trusted ? w.authority : w.stranger).file()}}});
    CHECK_STATUS(publisher, trusted ? 0 : 69);
  }
}

BOOST_AUTO_TEST_CASE(a_pre_shared_key_is_not_seen_in_the_list_of_processes) {
  ScriptedServer silent;
  Process reader(sub({"-s", "mqtts://localhost:" + std::to_string(silent.port()), "-t", "t",
                      "--psk", "00c0ffee", "--psk-identity", "sensor"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "trying");
  const std::string words = read_file("/proc/" + std::to_string(reader.pid()) + "/cmdline");
  BOOST_TEST(words.find("00c0ffee") == std::string::npos);
  BOOST_TEST(words.find("sensor") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_session_is_resumed_unless_the_entry_or_its_trust_has_changed) {
  const World& w = world();
  Mosquitto server({.certificate = w.good.certificate, .key = w.good.key});
  for (const std::string version : {"TLS12", "TLS13"}) {
    Tap tap(server.port());
    Scratch folder;
    const std::string list = (folder / "servers.json").string(), trust = (folder / "ca").string();
    std::filesystem::copy(w.authority.file(), trust);
    const auto write_list = [&](const std::string& more) {
      write_file(folder / "next", "{\"hostNameOrIpAddress\": \"localhost\", \"port\": " +
                                      std::to_string(tap.port()) + ", \"tls\": \"" + version +
                                      "\"" + more + "}");
      std::filesystem::rename(folder / "next", list);
    };
    write_list("");
    Process reader(
        sub({"--servers", list, "-t", "t", "--cafile", trust, "--initial-reconnect-delay", "1ms"}));
    Events events(reader);
    const auto resumed = [&] {
      const auto connected = events.wait("connected");
      BOOST_REQUIRE_MESSAGE(connected.has_value(), what_it_said(reader));
      BOOST_REQUIRE(events.wait("subscribed").has_value());
      return connected->get("tls_resumed") == "true";
    };
    BOOST_TEST(!resumed(), version);
    for (const bool reset : {true, false, true, false}) {
      tap.cut(reset);
      BOOST_TEST(resumed(), version);
    }
    std::filesystem::last_write_time(
        trust, std::filesystem::last_write_time(trust) - std::chrono::hours(1));
    tap.cut();
    BOOST_TEST(!resumed(), version);  // other authorities may be trusted now
    tap.cut();
    BOOST_TEST(resumed(), version);
    write_list(", \"validateServerCertificate\": false");
    BOOST_TEST(!resumed(), version);  // a changed entry is left and connected to again
    std::filesystem::copy(w.stranger.file(), trust,
                          std::filesystem::copy_options::overwrite_existing);
    write_list("");  // what was not verified, or by others, is not taken for verified
    const auto failed = events.wait("failed");
    BOOST_REQUIRE(failed.has_value());
    BOOST_TEST(failed->get("text").find("unknown issuer") != std::string::npos,
               failed->get("text"));
    BOOST_TEST(tap.without_hello() == 0);
  }
}
