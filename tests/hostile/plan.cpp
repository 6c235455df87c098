// SPDX-License-Identifier: Apache-2.0
#include "hostile/plan.hpp"

#include <algorithm>
#include <array>

namespace hostile {
namespace {

using rig::Dice;
using rig::Type;

template <class T>
const T& any_of(const std::vector<T>& all, Dice& dice) {
  return all[dice.between(0, all.size() - 1)];
}

// What the server says in a conversation of this kind.
std::vector<Moment> moments(const Plan& plan, bool probes_topic) {
  std::vector<Moment> all{Moment::connack, Moment::connack, Moment::idle, Moment::idle,
                          Moment::after_disconnect};
  const auto add = [&](std::initializer_list<Moment> more) { all.insert(all.end(), more); };
  if (plan.tool == Tool::sub) {
    add({Moment::suback, Moment::suback, Moment::publish, Moment::publish, Moment::publish,
         Moment::publish, Moment::publish});
    if (plan.unsubscribes) add({Moment::unsuback});
    if (plan.qos == 2) add({Moment::pubrel, Moment::pubrel});
  } else if (plan.tool == Tool::pub) {
    if (plan.qos == 0) add({Moment::pingresp});
    if (plan.qos == 1) add({Moment::puback, Moment::puback, Moment::puback});
    if (plan.qos == 2) add({Moment::pubrec, Moment::pubrec, Moment::pubcomp, Moment::pubcomp});
  } else if (probes_topic) {
    add({Moment::suback, Moment::suback, Moment::puback, Moment::publish, Moment::publish,
         Moment::pingresp});
  }
  return all;
}

Type type_of(Moment moment, Dice& dice) {
  static const std::vector<Type> kAny{
      Type::connack,  Type::publish,    Type::publish,    Type::publish, Type::puback,
      Type::pubrec,   Type::pubrel,     Type::pubcomp,    Type::suback,  Type::unsuback,
      Type::pingresp, Type::disconnect, Type::disconnect, Type::auth};
  switch (moment) {
    case Moment::connack:
      return Type::connack;
    case Moment::suback:
      return Type::suback;
    case Moment::unsuback:
      return Type::unsuback;
    case Moment::publish:
      return Type::publish;
    case Moment::puback:
      return Type::puback;
    case Moment::pubrec:
      return Type::pubrec;
    case Moment::pubrel:
      return Type::pubrel;
    case Moment::pubcomp:
      return Type::pubcomp;
    case Moment::pingresp:
      return Type::pingresp;
    case Moment::idle:
    case Moment::after_disconnect:
      break;
  }
  return any_of(kAny, dice);
}

void choose_wrong(Plan& plan, bool probes_topic, Dice& dice) {
  plan.moment = any_of(moments(plan, probes_topic), dice);
  const bool unasked = plan.moment == Moment::idle || plan.moment == Moment::after_disconnect;
  const bool often = plan.moment == Moment::publish || plan.moment == Moment::puback ||
                     plan.moment == Moment::idle;
  plan.nth = often ? static_cast<unsigned>(dice.between(1, std::max(1U, plan.messages))) : 1;
  plan.place =
      unasked || dice.one_in(2) ? Place::instead : (dice.one_in(2) ? Place::before : Place::behind);
  plan.type =
      plan.place == Place::instead ? type_of(plan.moment, dice) : type_of(Moment::idle, dice);
  do {
    plan.flaw = &any_of(flaws(), dice);
  } while (!plan.flaw->fits(plan.type, plan.version));
  plan.times = dice.one_in(12) ? 2 : (dice.one_in(60) ? 2000 : 1);
  const std::uint64_t then = dice.between(1, 20);
  plan.then = then <= 10   ? Then::go_on
              : then <= 15 ? Then::close
              : then <= 19 ? Then::reset
                           : Then::silent;
  const std::uint64_t sending = dice.between(1, 20);
  plan.sending = sending <= 12   ? Sending::whole
                 : sending <= 16 ? Sending::single_bytes
                 : sending <= 17 ? Sending::slow
                                 : Sending::cut;
  if (plan.sending == Sending::cut && plan.then == Then::go_on) plan.then = Then::close;
  plan.after_garbage = dice.one_in(40);
}

void choose_sub(Plan& plan, Dice& dice) {
  plan.messages = static_cast<unsigned>(dice.between(1, 4));
  auto& argv = plan.arguments;
  // A server may keep a message for itself (the PUBREL of QoS 2): silence is a reason to leave it.
  argv.insert(argv.end(),
              {"-t", "t/#", "-C", std::to_string(plan.messages), "--stale-timeout", "700ms"});
  plan.unsubscribes = dice.one_in(4);
  if (plan.unsubscribes) argv.insert(argv.end(), {"-U", "old/#"});
  switch (dice.between(1, 6)) {
    case 1:
      argv.push_back("-v");
      plan.countable = false;
      break;
    case 2:
      argv.push_back("--json");
      plan.json_lines = true;
      break;
    case 3:
      argv.insert(argv.end(), {"-F", "%t|%p|%q|%r|%l|%P|%R|%C"});
      plan.countable = false;
      break;
    default:
      break;
  }
  switch (dice.between(1, 8)) {
    case 1:
      argv.insert(argv.end(), {"-c", "-i", "hostile"});
      break;
    case 2:
      argv.insert(argv.end(), {"--standby", "warm"});
      break;
    case 3:
      argv.insert(argv.end(), {"--standby", "hot"});
      break;
    case 4:
      if (plan.version == 5) argv.insert(argv.end(), {"-D", "connect", "topic-alias-maximum", "3"});
      break;
    default:
      break;
  }
  // A line end in a payload is a line end in a pipe: there the lines could not be counted.
  plan.commanding_payloads = plan.terminal || plan.json_lines;
}

void choose_pub(Plan& plan, Dice& dice) {
  plan.messages = static_cast<unsigned>(dice.between(1, 6));
  auto& argv = plan.arguments;
  argv.insert(argv.end(), {"-t", "t/x", "--ack-timeout", "300ms", "--drain-timeout", "5s"});
  if (plan.messages == 1) {
    argv.insert(argv.end(), {"-m", "line-1"});
  } else {
    argv.push_back("-l");
    for (unsigned i = 1; i <= plan.messages; ++i) plan.input += "line-" + std::to_string(i) + "\n";
  }
  switch (dice.between(1, 8)) {
    case 1:
      argv.insert(argv.end(), {"--window", "1"});
      break;
    case 2:
      argv.insert(argv.end(), {"--standby", "warm"});
      break;
    case 3:
      if (plan.version == 5) argv.push_back("--sequence");
      break;
    case 4:
      if (plan.qos == 0) break;
      argv.insert(argv.end(), {"--acks", "2", "--timeout", "1s"});
      plan.acks = 2;
      break;
    case 5:
      argv.insert(argv.end(), {"-c", "-i", "hostile"});
      break;
    default:
      break;
  }
}

bool choose_probe(Plan& plan, Dice& dice) {
  static const std::vector<std::string> kFormats{"text", "nagios", "json", "prometheus", "html"};
  auto& argv = plan.arguments;
  const std::string& format = any_of(kFormats, dice);
  argv.insert(argv.end(), {"-t", "3", "--format", format, "--color", "never"});
  const bool topic = !dice.one_in(3);
  if (topic) argv.insert(argv.end(), {"--topic", "t/probe"});
  if (topic && dice.one_in(3)) argv.push_back("--cross");
  if (dice.one_in(6)) argv.push_back("--features");
  if (dice.one_in(3)) argv.push_back("-v");
  plan.json_lines = format == "json";
  return topic;
}

template <std::size_t N, class E>
const char* word(const std::array<const char*, N>& words, E value) {
  return words.at(static_cast<std::size_t>(value));
}

}  // namespace

bool Plan::ends(int spoken) const {
  return after_garbage || (flaw->ends && flaw->fits(type, spoken));
}

Plan make_plan(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  plan.tool =
      std::array{Tool::sub, Tool::sub, Tool::pub, Tool::pub, Tool::probe}[dice.between(0, 4)];
  plan.version = dice.one_in(3) ? 4 : 5;
  plan.qos = static_cast<int>(dice.between(0, 2));
  plan.terminal = dice.one_in(4);
  auto& argv = plan.arguments;
  argv = {"--connect-timeout", "400ms"};
  const char* const version = plan.version == 4 ? "311" : "5";
  if (plan.version == 4 || dice.one_in(2))
    argv.insert(argv.end(), {plan.tool == Tool::probe ? "--protocol-version" : "-V", version});
  bool probes_topic = false;
  if (plan.tool == Tool::probe) {
    probes_topic = choose_probe(plan, dice);
  } else {
    argv.insert(argv.end(),
                {"-q", std::to_string(plan.qos), "-k", "1", "--initial-reconnect-delay", "5ms"});
    const std::uint64_t events = dice.between(1, 4);
    plan.json_events = events == 1;
    if (events == 1) argv.insert(argv.end(), {"--events", "json"});
    if (events == 2) argv.insert(argv.end(), {"--events", "logfmt"});
    if (dice.one_in(2)) argv.push_back("-d");
    plan.tool == Tool::sub ? choose_sub(plan, dice) : choose_pub(plan, dice);
  }
  choose_wrong(plan, probes_topic, dice);
  return plan;
}

std::string described(const Plan& plan) {
  static constexpr std::array<const char*, 3> kTools{"sub", "pub", "probe"};
  static constexpr std::array<const char*, 11> kMoments{"CONNACK",
                                                        "SUBACK",
                                                        "UNSUBACK",
                                                        "PUBLISH",
                                                        "PUBACK",
                                                        "PUBREC",
                                                        "PUBREL",
                                                        "PUBCOMP",
                                                        "PINGRESP",
                                                        "packet of the client",
                                                        "DISCONNECT of the client"};
  static constexpr std::array<const char*, 3> kPlaces{"instead of", "before", "behind"};
  static constexpr std::array<const char*, 4> kThens{"goes on", "closes", "resets", "is silent"};
  static constexpr std::array<const char*, 4> kSendings{"whole", "in single bytes", "slowly",
                                                        "cut"};
  const bool unasked = plan.moment == Moment::idle || plan.moment == Moment::after_disconnect;
  return std::string("mqfail-") + word(kTools, plan.tool) +
         (plan.version == 5 ? " v5" : " v3.1.1") +
         (plan.tool == Tool::probe ? "" : " QoS " + std::to_string(plan.qos)) +
         (plan.terminal ? " on a terminal" : "") + ": " +
         (plan.after_garbage ? "garbage and " : "") + name(plan.type) + " (" + plan.flaw->name +
         ") " + (plan.times > 1 ? std::to_string(plan.times) + " times " : "") +
         word(kSendings, plan.sending) + " " + (unasked ? "behind" : word(kPlaces, plan.place)) +
         " " + word(kMoments, plan.moment) + " " + std::to_string(plan.nth) + ", then it " +
         word(kThens, plan.then);
}

}  // namespace hostile
