// SPDX-License-Identifier: Apache-2.0
#include "certificates/search.hpp"

#include <dirent.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "certificates/x509_text.hpp"

namespace mqfail {
namespace {

constexpr const char* kAvevaFolder = "/usr/share/OSIsoft/Adapters/MQTT/Certificates";
constexpr const char* kDotNetFolder = "/.dotnet/corefx/cryptography/x509stores/my";

bool is_pkcs12_name(std::string_view name) {
  if (name.size() < 5) return false;
  const std::string_view end = name.substr(name.size() - 4);
  return same_word(end, ".pfx") || same_word(end, ".p12");
}

bool begins_with(std::string_view name, std::string_view thumbprint) {
  return name.size() > thumbprint.size() &&
         same_word(name.substr(0, thumbprint.size()), thumbprint);
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

struct Found {
  std::vector<std::string> files;    // of one folder after the other, each in order
  std::vector<std::string> missing;  // folders that cannot be read
};

Found files_in(const std::vector<std::string>& folders) {
  Found found;
  for (const std::string& path : folders) {
    const std::unique_ptr<DIR, CloseFolder> folder(opendir(path.c_str()));
    if (!folder) {
      found.missing.push_back(path);
      continue;
    }
    const std::size_t begin = found.files.size();
    while (const dirent* const entry = readdir(folder.get())) {
      if (is_pkcs12_name(entry->d_name)) found.files.push_back(path + "/" + entry->d_name);
    }
    std::sort(found.files.begin() + static_cast<std::ptrdiff_t>(begin), found.files.end());
  }
  return found;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

bool is(const X509* certificate, const std::string& thumbprint) {
  return fingerprint(certificate, thumbprint.size() == 40 ? Fingerprint::sha1
                                                          : Fingerprint::sha256) == thumbprint;
}

// From the certificate upwards as far as the file has it; the authority itself is not sent.
std::vector<X509Pointer> chain_of(X509* certificate, std::vector<X509Pointer>& others) {
  std::vector<X509Pointer> chain;
  X509* last = certificate;
  while (true) {
    const auto next = std::find_if(others.begin(), others.end(), [&](const X509Pointer& one) {
      return one && X509_check_issued(one.get(), last) == X509_V_OK &&
             X509_check_issued(one.get(), one.get()) != X509_V_OK;
    });
    if (next == others.end()) return chain;
    chain.push_back(std::move(*next));
    last = chain.back().get();
  }
}

Error refused(std::string message, std::string hint = {}) {
  return {ErrorKind::configuration, "client certificate: " + std::move(message), std::move(hint)};
}

Result<ClientCertificate> accept(Pkcs12 opened, const std::string& file) {
  if (is_over(opened.certificate.get()))
    return refused("expired since " + not_after(opened.certificate.get()) + " (" + file + ")");
  if (is_too_early(opened.certificate.get()))
    return refused("not valid until " + not_before(opened.certificate.get()) + " (" + file + ")");
  ClientCertificate result{std::move(opened.certificate), std::move(opened.key), {}, file};
  result.chain = chain_of(result.certificate.get(), opened.others);
  return result;
}

}  // namespace

CertificateSearch certificate_search_of_user() {
  const auto variable = [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
  return {{}, variable("MQFAIL_CERT_DIR"), variable("HOME").value_or("")};
}

std::vector<std::string> certificate_folders(const CertificateSearch& search,
                                             const std::string& component_folder) {
  std::vector<std::string> folders = search.given;
  if (search.environment && !search.environment->empty()) folders.push_back(*search.environment);
  if (!component_folder.empty()) folders.push_back(component_folder);
  folders.emplace_back(kAvevaFolder);
  if (!search.home.empty()) folders.push_back(search.home + kDotNetFolder);
  return folders;
}

Result<ClientCertificate> find_client_certificate(const std::string& thumbprint,
                                                  const Secret& password,
                                                  const std::vector<std::string>& folders) {
  Found found = files_in(folders);
  std::stable_partition(found.files.begin(), found.files.end(), [&](const std::string& path) {
    return begins_with(file_name(path), thumbprint);
  });
  std::string without_key;
  std::vector<std::string> closed;
  std::string old, broken;
  for (const std::string& path : found.files) {
    auto opened = open_pkcs12(path, password);
    // Files of .NET's store have none; a password that is not needed does no harm.
    if (std::holds_alternative<Pkcs12Trouble>(opened) && !password.empty()) {
      auto without = open_pkcs12(path, Secret());
      if (std::holds_alternative<Pkcs12>(without)) opened = std::move(without);
    }
    if (const auto* const trouble = std::get_if<Pkcs12Trouble>(&opened)) {
      if (trouble->failure == Pkcs12Failure::wrong_password) closed.push_back(path);
      if (trouble->failure == Pkcs12Failure::old_encryption) old = path + " " + trouble->words;
      if (begins_with(file_name(path), thumbprint) &&
          trouble->failure != Pkcs12Failure::wrong_password)
        broken = path + " " + trouble->words;
      continue;
    }
    Pkcs12& content = std::get<Pkcs12>(opened);
    if (content.certificate && is(content.certificate.get(), thumbprint))
      return accept(std::move(content), path);
    const bool keyless =
        std::any_of(content.others.begin(), content.others.end(),
                    [&](const X509Pointer& one) { return is(one.get(), thumbprint); });
    if (keyless) without_key = path;
  }
  if (!broken.empty()) return refused(broken);
  if (!without_key.empty()) return refused("no private key for it in " + without_key);
  if (!closed.empty()) {
    const std::string which =
        closed.front() + (closed.size() == 1 ? ""
                                             : " and " + std::to_string(closed.size() - 1) +
                                                   " more, and no other file holds it");
    return refused((password.empty() ? "no clientCertificatePassword was given to open "
                                     : "wrong password: clientCertificatePassword does not open ") +
                   which);
  }
  if (!old.empty()) return refused(old);
  std::vector<std::string> searched;
  for (const std::string& folder : folders) {
    if (std::find(found.missing.begin(), found.missing.end(), folder) == found.missing.end())
      searched.push_back(folder);
  }
  return refused("no file with " + thumbprint +
                 (searched.empty() ? "" : " in " + joined(searched)) +
                 (found.missing.empty() ? "" : "; no such folder: " + joined(found.missing)));
}

std::vector<ListedCertificate> list_certificates(const std::vector<std::string>& folders) {
  std::vector<ListedCertificate> list;
  const auto add = [&](const std::string& file, const X509* certificate, bool has_key) {
    list.push_back({.file = file,
                    .has_key = has_key,
                    .sha1 = fingerprint(certificate, Fingerprint::sha1),
                    .sha256 = fingerprint(certificate, Fingerprint::sha256),
                    .subject = subject(certificate),
                    .not_after = not_after(certificate),
                    .over = is_over(certificate)});
  };
  for (const std::string& path : files_in(folders).files) {
    const auto opened = open_pkcs12(path, Secret());
    if (const auto* const trouble = std::get_if<Pkcs12Trouble>(&opened)) {
      list.push_back({.file = path,
                      .trouble = trouble->failure == Pkcs12Failure::wrong_password
                                     ? "needs a password"
                                     : trouble->words});
      continue;
    }
    const auto& content = std::get<Pkcs12>(opened);
    if (content.certificate) {
      add(path, content.certificate.get(), true);
    } else {
      for (const X509Pointer& one : content.others) add(path, one.get(), false);
    }
  }
  return list;
}

}  // namespace mqfail
