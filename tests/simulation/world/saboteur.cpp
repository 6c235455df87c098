// SPDX-License-Identifier: Apache-2.0
#include "saboteur.hpp"

#include <utility>

namespace mqfail::test {
namespace {

class Forgetful final : public Source {
 public:
  explicit Forgetful(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}
  std::optional<Item> next(TimePoint now) override {
    auto item = inner_->next(now);
    if (item) given_ = item->number;
    return item;
  }
  bool at_end() const override { return inner_->at_end(); }
  int fd() const override { return inner_->fd(); }
  void read_some(TimePoint now) override { inner_->read_some(now); }
  std::optional<TimePoint> due() const override { return inner_->due(); }
  void stop() override { inner_->stop(); }
  std::string_view rest() const override { return inner_->rest(); }
  int unread_fd() const override { return inner_->unread_fd(); }
  int error_number() const override { return inner_->error_number(); }
  void release(TimePoint now) override { inner_->release(now); }
  bool keeps() const override { return inner_->keeps(); }
  void settled(std::uint64_t /*number*/) override { inner_->settled(given_); }
  void tend(TimePoint now, bool hungry) override { inner_->tend(now, hungry); }
  bool dry() const override { return inner_->dry(); }
  std::uint64_t waiting() const override { return inner_->waiting(); }
  std::uint64_t damaged() const override { return inner_->damaged(); }
  std::string trouble() const override { return inner_->trouble(); }
  void close() override { inner_->close(); }

 private:
  std::unique_ptr<Source> inner_;
  std::uint64_t given_ = 0;
};

}  // namespace

std::unique_ptr<Source> sabotaged(std::unique_ptr<Source> source, bool settles_too_much) {
  if (!settles_too_much) return source;
  return std::make_unique<Forgetful>(std::move(source));
}

const ConnectionFacts* SaboteurTransport::facts(AttemptId attempt) const {
  const ConnectionFacts* const facts = inner_.facts(attempt);
  if (facts == nullptr || broken_ != Break::sends_too_many) return facts;
  facts_ = *facts;
  facts_.receive_maximum = 65535;
  return &facts_;
}

std::optional<std::uint16_t> SaboteurTransport::publish(AttemptId attempt, const Message& message) {
  ++count_;
  Message sent = message;
  if (broken_ == Break::numbers_wrong && count_ % 5 == 0) ++sent.number;
  if (broken_ == Break::believes_in_acknowledgements && count_ % 7 == 0) {
    const auto id = static_cast<std::uint16_t>(60001 + count_ % 5000);
    made_up_.push_back({attempt, {id, 0}});
    return id;
  }
  if (broken_ == Break::swaps && count_ % 5 == 0) {
    // This one goes out behind the next, under an id that nobody knows.
    held_ = {attempt, {std::string(message.topic), std::string(message.payload), message.qos}};
    return static_cast<std::uint16_t>(60000);
  }
  const auto id = inner_.publish(attempt, sent);
  if (id) {
    open_[attempt][*id] = {std::string(message.topic), std::string(message.payload), message.qos};
  }
  if (held_ && held_->first == attempt) {
    const auto [to, late] = *std::exchange(held_, std::nullopt);
    inner_.publish(to, {late.topic, late.payload, late.qos});
  }
  return id;
}

void SaboteurTransport::take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) {
  const std::size_t before = into.size();
  inner_.take_acknowledged(attempt, into);
  std::erase_if(made_up_, [&](const auto& one) {
    if (one.first != attempt) return false;
    into.push_back(one.second);
    return true;
  });
  for (std::size_t i = before; i < into.size(); ++i) {
    const auto sent = open_[attempt].find(into[i].packet_id);
    if (sent == open_[attempt].end()) continue;
    const Sent message = sent->second;
    open_[attempt].erase(sent);
    if (broken_ == Break::sends_again && ++count_ % 5 == 0) {
      inner_.publish(attempt, {message.topic, message.payload, message.qos});
    }
    if (broken_ != Break::counts_twice || into[i].code >= 0x80) continue;
    for (const auto& [other, open] : open_) {
      for (const auto& [id, same] : open) {
        if (other != attempt && same.payload == message.payload)
          made_up_.push_back({other, {id, 0}});
      }
    }
  }
}

std::size_t SaboteurTransport::take_messages(AttemptId attempt,
                                             const std::function<bool(const Message&)>& visit) {
  const auto changed = [&](const Message& message) {
    Message copy = message;
    std::string payload(message.payload);
    if (broken_ == Break::forgets_copies || broken_ == Break::forgets_kept) {
      payload += "#" + std::to_string(static_cast<std::uint64_t>(attempt));
      copy.payload = payload;
    }
    if (broken_ == Break::repeats_retained) copy.retain = false;
    if (broken_ == Break::prints_twice && message.number != 0 && ++count_ % 5 == 0) {
      copy.number = 0;
      copy.publisher = {};
      if (!visit(copy)) return false;
      return visit(message);
    }
    return visit(copy);
  };
  const std::size_t taken = inner_.take_messages(attempt, changed);
  if (broken_ == Break::acknowledges_unwritten) inner_.acknowledge(attempt, taken);
  return taken;
}

void SaboteurTransport::acknowledge(AttemptId attempt, std::size_t count) {
  if (broken_ != Break::acknowledges_unwritten) inner_.acknowledge(attempt, count);
}

}  // namespace mqfail::test
