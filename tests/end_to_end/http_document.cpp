// SPDX-License-Identifier: Apache-2.0
// A document by HTTP and HTTPS from real servers: nginx, and the one of Python.
#include "discovery/http_document.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rig/authority.hpp"
#include "rig/process.hpp"

namespace mqfail {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBound = 20s;
constexpr const char* kList = "[{\"hostNameOrIpAddress\":\"a\"}]\n";

// A listener of nginx: its certificate (none: plain HTTP), and lines of its server block.
struct Listener {
  const rig::Issued* certificate = nullptr;
  std::string lines;
};

class Nginx {
 public:
  explicit Nginx(const std::vector<Listener>& listeners) {
    const std::string top = folder_.path().string();
    std::filesystem::create_directory(top + "/www");
    std::string conf = "daemon off; master_process off; pid " + top + "/pid;\nerror_log " + top +
                       "/log;\nevents {}\nhttp { access_log off; default_type text/plain; root " +
                       top + "/www;\n";
    for (const char* const what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      conf += std::string(what) + "_temp_path " + top + "/" + what + ";\n";
    for (const Listener& one : listeners) {
      ports_.push_back(rig::free_port());
      conf += "server { listen 127.0.0.1:" + std::to_string(ports_.back());
      if (one.certificate != nullptr)
        conf += " ssl; ssl_certificate " + one.certificate->certificate + "; ssl_certificate_key " +
                one.certificate->key;
      conf += ";\n" + one.lines + " }\n";
    }
    rig::write_file(folder_ / "nginx.conf", conf + "}\n");
    process_ = std::make_unique<rig::Process>(std::vector<std::string>{
        rig::find_program("nginx"), "-e", top + "/log", "-p", top, "-c", top + "/nginx.conf"});
    for (const std::uint16_t port : ports_) {
      if (!rig::connect_to(port, 10s))
        throw rig::Broken("nginx does not listen: " + rig::read_file(folder_ / "log"));
    }
  }

  void put(const std::string& name, const std::string& text) const {
    rig::write_file(folder_.path() / "www" / name, text);
  }
  std::uint16_t port(std::size_t listener) const { return ports_[listener]; }
  std::string url(std::size_t listener, const std::string& target = "/list.json",
                  const std::string& host = "127.0.0.1") const {
    return (listener == 0 ? "http://" : "https://") + host + ":" +
           std::to_string(ports_[listener]) + target;
  }

 private:
  rig::Scratch folder_;
  std::vector<std::uint16_t> ports_;
  std::unique_ptr<rig::Process> process_;
};

// The body, or the error behind the URL.
std::string told(const Result<HttpAnswer>& answer) {
  if (answer) return answer->body.value_or("(unchanged)");
  const std::string& text = answer.error().message;
  return text.substr(text.find(": ") + 2);
}

std::string get(const std::string& url, const HttpTrust& trust = {}) {
  return told(HttpDocument(url, trust).get(kBound, {}));
}

}  // namespace

BOOST_AUTO_TEST_CASE(nginx_sends_a_document_once_and_again_when_it_changes) {
  const Nginx nginx({{nullptr, "location / { add_header Cache-Control max-age=60; }"}});
  nginx.put("list.json", kList);
  HttpDocument document(nginx.url(0), {});
  const auto first = document.get(kBound, {});
  BOOST_TEST(told(first) == kList);
  BOOST_TEST((first->ask_again == 60s));
  BOOST_TEST(told(document.get(kBound, {})) == "(unchanged)");
  nginx.put("list.json", "[]");  // another length, so another ETag of nginx
  BOOST_TEST(told(document.get(kBound, {})) == "[]");
  BOOST_TEST(get(nginx.url(0, "/none")) == "answers 404 Not Found");
}

BOOST_AUTO_TEST_CASE(the_server_of_python_sends_a_document_once) {
  const rig::Scratch folder;
  rig::write_file(folder / "list.json", kList);
  const std::string port = std::to_string(rig::free_port());
  rig::Process python(
      {"python3", "-m", "http.server", "-b", "127.0.0.1", "-d", folder.path().string(), port});
  BOOST_REQUIRE(rig::connect_to(static_cast<std::uint16_t>(std::stoi(port)), 10s));
  HttpDocument document("http://127.0.0.1:" + port + "/list.json", {});
  BOOST_TEST(told(document.get(kBound, {})) == kList);
  BOOST_TEST(told(document.get(kBound, {})) == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(https_is_verified) {
  rig::Authority authority;
  rig::Authority stranger("stranger");
  const rig::Issued good = authority.issue();
  const rig::Issued other = authority.issue({"other.test", "DNS:other.test"});
  const rig::Issued expired = authority.issue({.name = "old.test",
                                               .alternatives = "DNS:localhost,IP:127.0.0.1",
                                               .from_days = -9,
                                               .to_days = -1});
  const rig::Issued self = authority.issue({.name = "alone", .self_signed = true});
  const Nginx nginx({{nullptr, ""},
                     {&good, ""},
                     {&other, ""},
                     {&expired, ""},
                     {&self, ""},
                     {&good, "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;"}});
  nginx.put("list.json", kList);
  const HttpTrust trust{.cafile = authority.file(), .capath = {}, .use_os_certs = false};

  HttpDocument document(nginx.url(1), trust);
  BOOST_TEST(told(document.get(kBound, {})) == kList);
  BOOST_TEST(told(document.get(kBound, {})) == "(unchanged)");
  BOOST_TEST(get(nginx.url(1, "/list.json", "localhost"), trust) == kList);
  BOOST_TEST(get(nginx.url(2), trust) ==
             "TLS: host name mismatch: the certificate is not for 127.0.0.1 but for other.test");
  BOOST_TEST(get(nginx.url(3), trust) ==
             "TLS: certificate expired since " + expired.not_after + " (CN=old.test)");
  BOOST_TEST(get(nginx.url(4), trust) == "TLS: self-signed certificate (CN=alone)");
  BOOST_TEST(get(nginx.url(5), trust) ==
             "TLS: protocol version: the server does not speak TLS 1.2 or later");
  const std::string unknown = "TLS: certificate of an unknown issuer (CN=authority)";
  BOOST_TEST(get(nginx.url(1), {.cafile = stranger.file(), .capath = {}, .use_os_certs = false}) ==
             unknown);
  BOOST_TEST(get(nginx.url(1)) == unknown);  // of those that the system trusts
  BOOST_TEST(get("https://127.0.0.1:" + std::to_string(nginx.port(0)) + "/", trust) ==
             "TLS: the server does not answer in TLS; is it the port of plain text?");
  BOOST_TEST(get(nginx.url(1), {.cafile = "/nowhere", .capath = {}, .use_os_certs = false}) ==
             "the authorities in /nowhere cannot be read");
}

BOOST_AUTO_TEST_CASE(a_redirection_goes_up_to_https_and_never_down) {
  rig::Authority authority;
  const rig::Issued good = authority.issue();
  const Nginx nginx(
      {{nullptr, "location /up { return 301 https://127.0.0.1:$arg_port/list.json; }"},
       {&good, "location /down { return 302 http://127.0.0.1:$arg_port/list.json; }"}});
  nginx.put("list.json", kList);
  const HttpTrust trust{.cafile = authority.file(), .capath = {}, .use_os_certs = false};
  BOOST_TEST(get(nginx.url(0, "/up?port=" + std::to_string(nginx.port(1))), trust) == kList);
  BOOST_TEST(get(nginx.url(1, "/down?port=" + std::to_string(nginx.port(0))), trust) ==
             "redirects from https to http, which is not followed");
}

BOOST_AUTO_TEST_CASE(user_and_password_open_what_they_protect) {
  rig::Authority authority;
  const rig::Issued good = authority.issue();
  const rig::Scratch folder;
  rig::write_file(folder / "users", "me:{PLAIN}ge heim\n");
  const std::string guard =
      "auth_basic lists; auth_basic_user_file " + (folder / "users").string() + ";";
  const Nginx nginx({{nullptr, guard}, {&good, guard}});
  nginx.put("list.json", kList);
  const HttpTrust trust{.cafile = authority.file(), .capath = {}, .use_os_certs = false};
  for (const std::size_t listener : {0U, 1U}) {
    BOOST_TEST(get(nginx.url(listener, "/list.json", "me:ge%20heim@127.0.0.1"), trust) == kList);
    BOOST_TEST(get(nginx.url(listener, "/list.json", "me:falsch@127.0.0.1"), trust) ==
               "answers 401 Unauthorized");
    BOOST_TEST(get(nginx.url(listener), trust) == "answers 401 Unauthorized");
  }
}

}  // namespace mqfail
