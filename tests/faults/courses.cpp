// SPDX-License-Identifier: Apache-2.0
#include "faults/courses.hpp"

#include <algorithm>
#include <csignal>

namespace faults {

using namespace rig;

void publish_through(Trial& trial, Publishing publishing) {
  auto run = trial.pub(publishing.options, publishing.before);
  run->process.feed(lines_of(1, publishing.lines, publishing.length));
  if (publishing.meanwhile) publishing.meanwhile(*run);
  trial.publish_ends(*run, publishing.lines, publishing.promise);
}

void read_through(Trial& trial, Reading reading) {
  auto run = trial.sub(reading.options, reading.before);
  Record& record = trial.record;
  for (std::size_t i = 0; i < reading.subscriptions; ++i)
    if (const auto said = run->told("subscribed"); said && reading.promise.from_start)
      record.gap = seconds_between(run->process.started(), said->at);
  // No server sends more than was asked for.
  const auto& options = reading.options;
  const auto qos = std::find(options.begin(), options.end(), "-q");
  if (qos != options.end()) reading.stream.qos = std::min(reading.stream.qos, std::stoi(qos[1]));
  Flow flow(trial.all(), reading.stream);
  const auto more = [&](std::size_t count) {
    const std::size_t wanted = run->process.line_count(Stream::out) + count;
    record.check(run->process.wait_for_lines(Stream::out, wanted, 15s), "the lines stand still");
  };
  more(reading.batch);
  if (reading.fault) reading.fault(*run);
  if (!reading.after.empty()) run->told(reading.after, 15s);
  more(reading.batch);
  const std::uint32_t last = flow.stop();
  record.check(run->process
                   .wait_for_line(
                       Stream::out,
                       [&](const std::string& line) { return line == numbered_line(last); }, 10s)
                   .has_value(),
               "the last line does not come");
  run->process.signal(SIGTERM);
  run->end(10s);
  trial.settle_printed(*run, last, reading.whole);
  trial.look_at_servers();
  if (reading.more_doubled) reading.promise.doubled += reading.more_doubled();
  judge(record, reading.promise);
}

void passed_over(Trial& trial, const std::string& tool, const Arguments& options, double budget) {
  const Arguments all = Arguments{"-q", "1"} + options;
  const Promise promise{
      .gap = budget + 0.25, .from_start = true, .doubled = 1, .must = {"failed", "connected"}};
  if (tool == "pub")
    publish_through(trial, {.options = all, .lines = 500, .promise = promise});
  else
    read_through(trial, {.options = all, .after = "", .promise = promise});
}

const std::vector<Variant>& publishers() {
  static const std::vector<Variant> all{{"pub-q1-v5", {"-q", "1", "-V", "5"}},
                                        {"pub-q1-v311", {"-q", "1", "-V", "311"}},
                                        {"pub-q2-v5", {"-q", "2", "-V", "5"}},
                                        {"pub-q2-v311", {"-q", "2", "-V", "311"}}};
  return all;
}

const std::vector<Variant>& readers() {
  static const std::vector<Variant> all{{"sub-q0-v5", {"-q", "0", "-V", "5"}},
                                        {"sub-q1-v5", {"-q", "1", "-V", "5"}},
                                        {"sub-q2-v311", {"-q", "2", "-V", "311"}}};
  return all;
}

std::string entry(const Scripted& server) {
  const std::string number = std::to_string(server.number);
  return "{\"serverId\": \"s" + number +
         "\", \"hostNameOrIpAddress\": \"127.0.0.1\", \"tls\": \"none\", \"port\": " +
         std::to_string(server.port()) + ", \"userName\": \"user-" + number +
         "\", \"password\": \"secret-" + number + "\"}";
}

std::string document(const std::vector<const Scripted*>& servers) {
  std::string all;
  for (const Scripted* server : servers) all += (all.empty() ? "[" : ",\n ") + entry(*server);
  return all + "]\n";
}

void kill(Real& server) {
  server.server.signal(SIGKILL);
  server.proxy.die();
}

}  // namespace faults
