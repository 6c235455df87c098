// SPDX-License-Identifier: Apache-2.0
#include "rig/mosquitto.hpp"

#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

namespace rig {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const Finished done = run(std::move(arguments));
  if (done.exit.status != 0) throw Broken("openssl: " + done.err);
}

}  // namespace

Certificates::Certificates() {
  const auto file = [this](const char* name) { return (folder_ / name).string(); };
  const std::vector<std::string> fast_key{"-newkey", "ec", "-pkeyopt",
                                          "ec_paramgen_curve:prime256v1", "-nodes"};
  const auto request = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"req", "-sha256"});
    arguments.insert(arguments.end(), fast_key.begin(), fast_key.end());
    openssl(std::move(arguments));
  };
  for (const std::string name : {"ca", "stranger"})
    request({"-x509", "-days", "30", "-subj", "/CN=" + name + " of a test", "-keyout",
             file((name + ".key").c_str()), "-out", file((name + ".crt").c_str())});
  const auto issue = [&](const std::string& name, const std::string& names) {
    request({"-subj", "/CN=" + name, "-keyout", file((name + ".key").c_str()), "-out",
             file("request.csr")});
    write_file(file("extensions"), "subjectAltName=" + names + "\nbasicConstraints=CA:FALSE\n");
    openssl({"x509", "-req", "-in", file("request.csr"), "-CA", file("ca.crt"), "-CAkey",
             file("ca.key"), "-CAcreateserial", "-days", "30", "-sha256", "-extfile",
             file("extensions"), "-out", file((name + ".crt").c_str())});
  };
  issue("server", "DNS:localhost,IP:127.0.0.1");
  issue("other", "DNS:elsewhere.example,IP:192.0.2.1");
}

Mosquitto::Mosquitto(MosquittoSettings settings) : settings_(std::move(settings)) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    port_ = free_port();
    if (start()) return;  // else someone else took the port in between
  }
  throw Broken("mosquitto does not start: " + log());
}

Mosquitto::~Mosquitto() = default;

bool Mosquitto::start() {
  std::ostringstream conf;
  conf << "listener " << port_ << " 127.0.0.1\n";
  // As root, mosquitto would change to another user and lose its scratch folder.
  if (const passwd* user = ::getpwuid(::geteuid())) conf << "user " << user->pw_name << "\n";
  if (!settings_.user.empty()) {
    const std::string file = (folder_ / "passwords").string();
    const Finished made =
        run({"mosquitto_passwd", "-c", "-b", file, settings_.user, settings_.password});
    if (made.exit.status != 0) throw Broken("mosquitto_passwd: " + made.err);
    conf << "allow_anonymous false\npassword_file " << file << "\n";
  } else {
    conf << "allow_anonymous true\n";
  }
  if (!settings_.certificate.empty())
    conf << "certfile " << settings_.certificate << "\nkeyfile " << settings_.key << "\n";
  if (settings_.persistence)
    conf << "persistence true\npersistence_location " << folder_.path().string()
         << "/\nautosave_interval 1\n";
  conf << "log_dest stderr\nlog_type error\nlog_type warning\nlog_type "
          "notice\n"
       << "log_type subscribe\nlog_type unsubscribe\n";
  for (const std::string& line : settings_.lines) conf << line << "\n";
  write_file(folder_ / "mosquitto.conf", conf.str());

  process_ = std::make_unique<Process>(
      Command{.argv = {"mosquitto", "-c", (folder_ / "mosquitto.conf").string()},
              .environment = settings_.environment});
  const Moment end = Clock::now() + 10s;
  while (Clock::now() < end) {
    if (!process_->running()) return false;
    if (connect_to(port_, 20ms)) return process_->running();
  }
  return false;
}

void Mosquitto::kill9() {
  process_->signal(SIGKILL);
  if (!process_->wait_exit(5s)) throw Broken("mosquitto survives SIGKILL");
}

void Mosquitto::terminate() {
  process_->signal(SIGCONT);
  process_->signal(SIGTERM);
  if (!process_->wait_exit(5s)) throw Broken("mosquitto survives SIGTERM");
}

void Mosquitto::freeze() {
  process_->signal(SIGSTOP);
}
void Mosquitto::thaw() {
  process_->signal(SIGCONT);
}

void Mosquitto::restart() {
  if (running()) terminate();
  const Moment end = Clock::now() + 10s;
  while (!start())
    if (Clock::now() > end) throw Broken("mosquitto does not start again: " + log());
}

bool Mosquitto::wait_for_subscriber(const std::string& client, milliseconds patience) {
  return process_->wait_for_line(Stream::err, "^[0-9]+: " + client + " [012] ", patience)
      .has_value();
}

bool Mosquitto::wait_for_log(const std::string& regex, milliseconds patience, std::size_t count) {
  const std::regex compiled(regex);
  const auto last = [&](const std::string& line) {
    return std::regex_search(line, compiled) && --count == 0;
  };
  return process_->wait_for_line(Stream::err, last, patience).has_value();
}

std::string Mosquitto::log() {
  return process_ ? process_->bytes(Stream::err) : std::string();
}

}  // namespace rig
