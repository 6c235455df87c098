// SPDX-License-Identifier: Apache-2.0
// Every way in which a local file of TLS can be wrong has its words and its kind of error.
#include "certificates/tls_files.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "rig/authority.hpp"
#include "rig/process.hpp"

using namespace mqfail;

namespace {

// A file of each kind, made once.
struct World {
  World() {
    const std::string certificate = rig::read_file(client.certificate);
    const std::string key = rig::read_file(client.key);
    const std::size_t second_line = certificate.find('\n') + 1;
    put("empty", "");
    put("junk", "junk\n");
    put("both", key + certificate);
    put("crlf and words", "subject=a client\r\n" + with_crlf(certificate));
    put("without a line",
        std::string(certificate)
            .erase(second_line, certificate.find('\n', second_line) + 1 - second_line));
    put("cut off", certificate.substr(0, certificate.size() / 2));
    put("odd letter", std::string(certificate).replace(second_line + 5, 1, "!"));
    put("end of another", std::string(certificate).replace(certificate.find("END "), 4, "END X"));
    put("good, then cut off", certificate + certificate.substr(0, certificate.size() / 2));
    put("request",
        "-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----\n");
    openssl(
        {"x509", "-in", client.certificate, "-outform", "DER", "-out", path("certificate.der")});
    openssl({"pkey", "-in", client.key, "-outform", "DER", "-out", path("key.der")});
    openssl({"x509", "-in", client.certificate, "-trustout", "-out", path("trusted")});
    openssl(
        {"pkey", "-in", client.key, "-aes128", "-passout", "pass:x", "-out", path("encrypted")});
    openssl({"ec", "-in", client.key, "-aes128", "-passout", "pass:x", "-out",
             path("encrypted in the old way")});
    write_pfx(path("p12"), client, {.password = "x"});
    std::filesystem::create_directory(path("directory"));
    std::filesystem::create_directory(path("hashed"));
    put("hashed/0a1b2c3d.0", certificate);
  }
  void put(const char* name, const std::string& text) { rig::write_file(folder / name, text); }
  std::string path(const char* name) const { return (folder / name).string(); }
  static std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
  }
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    BOOST_REQUIRE(rig::run(arguments).exit.status == 0);
  }

  rig::Scratch folder;
  rig::Authority authority;
  rig::Issued client = authority.issue(), other = authority.issue(),
              weak = authority.issue({.rsa_bits = 1024}), rsa = authority.issue({.rsa_bits = 2048});
};
World& world() {
  static World made;
  return made;
}

TlsSettings trust(const std::string& file) {
  TlsSettings tls;
  tls.cafile = file;
  return tls;
}
TlsSettings pair(const std::string& cert, const std::string& key) {
  TlsSettings tls;
  tls.cert = cert;
  tls.key = key;
  return tls;
}
TlsSettings directory(const std::string& path) {
  TlsSettings tls;
  tls.capath = path;
  return tls;
}
TlsSettings ciphers(const std::string& list) {
  TlsSettings tls;
  tls.ciphers = list;
  return tls;
}

struct Row {
  TlsSettings tls;
  int status;           // 0: it is good
  std::string message;  // all of it
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_wrong_file_is_told_with_its_name_and_what_is_wrong_with_it) {
  const World& w = world();
  const auto file = [&](const char* name) { return w.path(name); };
  const std::string& cert = w.client.certificate;
  const std::string& key = w.client.key;
  const std::vector<Row> rows{
      {{}, 0, ""},
      {trust(w.authority.file()), 0, ""},
      {trust(file("both")), 0, ""},
      {trust(file("trusted")), 0, ""},
      {trust(file("crlf and words")), 0, ""},
      {trust("/dev/null"), 0, ""},  // no regular file: the connection will tell
      {trust(file("none")), 66,
       "cafile " + file("none") + " cannot be read: No such file or directory"},
      {trust(file("directory")), 66,
       "cafile " + file("directory") + " cannot be read: Is a directory"},
      {trust(file("empty")), 78, "cafile " + file("empty") + " is empty"},
      {trust(file("junk")), 78, "cafile " + file("junk") + " holds no certificate"},
      {trust(file("certificate.der")), 78,
       "cafile " + file("certificate.der") + " is in DER form, not PEM"},
      {trust(file("p12")), 78, "cafile " + file("p12") + " is a PKCS#12 file, not PEM"},
      {trust(file("request")), 78, "cafile " + file("request") + " holds a certificate request"},
      {trust(key), 78, "cafile " + key + " holds a private key, not a certificate"},
      {trust(file("without a line")), 78,
       "cafile " + file("without a line") + " is damaged: what begins in line 1 cannot be decoded"},
      {trust(file("cut off")), 78,
       "cafile " + file("cut off") + " is damaged: what begins in line 1 cannot be decoded"},
      {trust(file("odd letter")), 78,
       "cafile " + file("odd letter") + " is damaged: what begins in line 1 cannot be decoded"},
      {trust(file("end of another")), 78,
       "cafile " + file("end of another") + " is damaged: what begins in line 1 cannot be decoded"},
      {pair(cert, key), 0, ""},
      {pair(file("both"), file("both")), 0, ""},
      {pair(w.rsa.certificate, w.rsa.key), 0, ""},
      {pair(file("none"), key), 66,
       "cert " + file("none") + " cannot be read: No such file or directory"},
      {pair(file("junk"), key), 78, "cert " + file("junk") + " holds no certificate"},
      {pair(file("certificate.der"), key), 78,
       "cert " + file("certificate.der") + " is in DER form, not PEM"},
      {pair(cert, file("none")), 66,
       "key " + file("none") + " cannot be read: No such file or directory"},
      {pair(cert, file("directory")), 66,
       "key " + file("directory") + " cannot be read: Is a directory"},
      {pair(cert, file("empty")), 78, "key " + file("empty") + " is empty"},
      {pair(cert, file("junk")), 78, "key " + file("junk") + " holds no private key"},
      {pair(cert, file("key.der")), 78, "key " + file("key.der") + " is in DER form, not PEM"},
      {pair(cert, cert), 78, "key " + cert + " holds a certificate, not a private key"},
      {pair(cert, file("encrypted")), 78, "key " + file("encrypted") + " holds an encrypted key"},
      {pair(cert, file("encrypted in the old way")), 78,
       "key " + file("encrypted in the old way") + " holds an encrypted key"},
      {pair(cert, w.other.key), 78,
       "key " + w.other.key + " does not belong to the certificate in " + cert},
      {pair(cert, w.rsa.key), 78,
       "key " + w.rsa.key + " does not belong to the certificate in " + cert},
      {pair(w.weak.certificate, w.weak.key), 78,
       "cert " + w.weak.certificate + " has a weak key (ee key too small)"},
      {directory(file("hashed")), 0, ""},
      {directory(file("none")), 66,
       "capath " + file("none") + " cannot be read: No such file or directory"},
      {directory(cert), 66, "capath " + cert + " cannot be read: Not a directory"},
      {directory(file("directory")), 78,
       "capath " + file("directory") +
           " holds no certificate under the name that OpenSSL looks for"},
      {ciphers("HIGH:!aNULL"), 0, ""},
      {ciphers("nonsense"), 78, "OpenSSL knows no cipher in 'nonsense' (ciphers)"},
      {ciphers("TLS_AES_128_GCM_SHA256"), 78,
       "OpenSSL knows no cipher in 'TLS_AES_128_GCM_SHA256' (ciphers)"},
  };
  for (const Row& row : rows) {
    const auto checked = check_tls_files(row.tls);
    BOOST_TEST((checked ? 0 : static_cast<int>(checked.error().kind)) == row.status,
               (checked ? "good" : checked.error().message) << ", not " << row.message);
    if (!checked) BOOST_TEST(checked.error().message == row.message);
    if (!checked && row.status == 78) BOOST_TEST(!checked.error().hint.empty(), row.message);
  }
}

BOOST_AUTO_TEST_CASE(what_the_check_takes_openssl_takes_too) {
  // The other way round a file that works would be refused, or a bad one be found late.
  const World& w = world();
  for (const char* name : {"both", "trusted", "crlf and words", "without a line", "cut off",
                           "odd letter", "end of another", "good, then cut off"}) {
    const std::string file = w.path(name);
    const bool loaded = rig::run({"openssl", "verify", "-CAfile", file, w.client.certificate})
                            .err.find("Error loading") == std::string::npos;
    BOOST_TEST(bool(check_tls_files(trust(file))) == loaded, name);
  }
}

BOOST_AUTO_TEST_CASE(only_servers_that_speak_tls_are_looked_at) {
  Server plain, secure;
  plain.id = "plain";
  secure.id =
      "se\x1b"
      "cure";
  plain.tls.cafile = secure.tls.cafile = world().path("none");
  secure.scheme = Scheme::wss;
  BOOST_TEST(bool(check_tls_files(ServerList{plain})));
  const auto checked = check_tls_files(ServerList{plain, secure});
  BOOST_REQUIRE(!checked);
  BOOST_TEST(checked.error().message.starts_with("se\\x1bcure: cafile "), checked.error().message);
}
