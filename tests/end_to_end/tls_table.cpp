// SPDX-License-Identifier: Apache-2.0
// The table of TLS: what a server shows and speaks, what the user asked for, and how it ends,
// against `openssl s_server` and mosquitto. A tap in front of each server sees the first bytes that
// a client sends: a TLS handshake, always.
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "end_to_end/tools.hpp"
#include "rig/authority.hpp"

using namespace rig;

namespace {

// Forwards bytes to a server and remembers how each connection began.
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
  /// How many began with anything but a ClientHello in a TLS record.
  int without_hello() const { return without_hello_; }

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
      if (polled[0].revents != 0) break;
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
  Waker waker_;
  std::thread thread_;
};

// Certificates of all kinds, made once.
struct World {
  Authority authority{"the authority"}, stranger{"a stranger"};
  Issued good = authority.issue();
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

// How a run of mqfail-pub with one server ended.
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
  // .NET keeps them without a password and under this name; a password does not keep them closed.
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
  // Nothing of the key was left behind anywhere.
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
