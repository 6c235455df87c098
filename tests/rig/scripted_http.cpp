// SPDX-License-Identifier: Apache-2.0
#include "rig/scripted_http.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

namespace rig {

std::string HttpVisit::target() const {
  const std::size_t begin = request_.find(' ') + 1;
  return request_.substr(begin, request_.find(' ', begin) - begin);
}

std::string HttpVisit::field(const std::string& name) const {
  for (std::size_t at = request_.find("\r\n"); at != std::string::npos && at + 2 < request_.size();
       at = request_.find("\r\n", at + 2)) {
    const std::size_t end = request_.find("\r\n", at + 2);
    std::string line = request_.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), line.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (line.compare(0, colon, name) == 0) return line.substr(colon + 2);
  }
  return {};
}

bool HttpVisit::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    std::array<pollfd, 2> fds{{{fd_, POLLOUT, 0}, {end_, POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return false;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpVisit::wait_for_the_end(milliseconds most) const {
  std::array<pollfd, 2> fds{{{fd_, POLLIN | POLLRDHUP, 0}, {end_, POLLIN, 0}}};
  return ::poll(fds.data(), fds.size(), static_cast<int>(most.count())) > 0;
}

ScriptedHttp::ScriptedHttp(std::function<void(const HttpVisit&)> script)
    : script_(std::move(script)), listener_(listen_on(0)), port_(port_of(listener_)) {
  acceptor_ = std::thread([this] { accept(); });
}

ScriptedHttp::~ScriptedHttp() {
  end_.wake();
  acceptor_.join();
  for (std::thread& visit : visits_) visit.join();
}

std::string ScriptedHttp::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + target;
}

std::vector<std::string> ScriptedHttp::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedHttp::accept() {
  while (true) {
    std::array<pollfd, 2> fds{{{listener_.get(), POLLIN, 0}, {end_.fd(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) visits_.emplace_back([this, fd] { visit(fd); });
  }
}

void ScriptedHttp::visit(int fd) {
  const Fd own(fd);
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {end_.fd(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    std::array<char, 4096> block{};
    const ssize_t got = fds[1].revents != 0 ? 0 : ::read(fd, block.data(), block.size());
    if (got <= 0) return;
    request.append(block.data(), static_cast<std::size_t>(got));
  }
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  script_(HttpVisit(fd, end_.fd(), std::move(request)));
}

std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& fields) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace rig
