// SPDX-License-Identifier: Apache-2.0
#include "compatibility/intended.hpp"

#include <regex>

#include "paths.hpp"
#include "rig/process.hpp"

namespace rig {
namespace {

using Edit = std::function<void(std::string&)>;

// In the packets of one kind.
void in_packets(Outcome& outcome, const std::string& kind, const Edit& edit) {
  for (std::string& packet : outcome.wire) {
    if (packet.starts_with(kind)) edit(packet);
  }
}

void replace(std::string& text, const std::string& pattern, const std::string& with) {
  text = std::regex_replace(text, std::regex(pattern), with);
}

// Both print the same where only the pattern differs.
auto same_output(const std::string& pattern, const std::string& with) {
  return [=](Outcome& theirs, Outcome& ours) {
    replace(theirs.out, pattern, with);
    replace(ours.out, pattern, with);
  };
}

auto same_packets(const std::string& kind, const std::string& pattern, const std::string& with) {
  return [=](Outcome& theirs, Outcome& ours) {
    const Edit edit = [&](std::string& packet) { replace(packet, pattern, with); };
    in_packets(theirs, kind, edit);
    in_packets(ours, kind, edit);
  };
}

// Only what is expected of both, and no more, is forgiven.
auto known(Outcome their_own, Outcome our_own) {
  return [=](Outcome& theirs, Outcome& ours) {
    if (theirs.out == their_own.out && theirs.status == their_own.status &&
        ours.out == our_own.out && ours.status == our_own.status)
      ours = theirs;
  };
}

bool has_format(const Case& one, const std::string& pattern) {
  for (std::size_t i = 0; i + 1 < one.arguments.size(); ++i) {
    if (one.arguments[i] == "-F" && std::regex_search(one.arguments[i + 1], std::regex(pattern)))
      return true;
  }
  return false;
}

bool has_filters(const Case& one, std::ptrdiff_t least) {
  return std::count(one.arguments.begin(), one.arguments.end(), "-t") >= least;
}

// What the clock and the process id make different, and no option.
void forgive_time(std::vector<Intended>& rows) {
  rows.push_back({"the time of arrival", "The time of arrival",
                  [](const Case& one) { return has_format(one, "%U|@N|@H|@M|@Y|%[0-9]*I"); },
                  same_output("[0-9]", "0")});
  rows.push_back({"the process id in -I", "PREFIX and the process id",
                  [](const Case& one) { return one.has("-I"); },
                  same_packets("CONNECT", "prefix-[0-9]+", "prefix-")});
  rows.push_back({"the seconds that a message has left", "message expiry interval",
                  [](const Case& one) { return one.has("m/properties") && one.has("-F"); },
                  same_output("3600|35[0-9][0-9]", "3600"), false});
}

void forgive_output(std::vector<Intended>& rows) {
  rows.push_back({"the timestamp of %j", "a timestamp that parsers understand",
                  [](const Case& one) { return has_format(one, "%[^>]*[jJ]"); },
                  same_output("T[0-9:]+\\.[0-9]+(Z\\+0000|\\+00:00)", "T")});
  rows.push_back({"user properties of %j", "user\\-properties is an array",
                  [](const Case& one) { return one.has("m/properties") && has_format(one, "j>"); },
                  [](Outcome& theirs, Outcome& ours) {
                    replace(theirs.out, R"("user-properties":\{([^}]*)\})", "$1");
                    replace(ours.out, R"("user-properties":\[([^\]]*)\])", "$1");
                    replace(ours.out, R"(\{("k":"v1")\},\{("k2":"v2")\})", "$1,$2");
                  }});
  rows.push_back({"a payload that is not UTF-8 in %j", "payload_base64",
                  [](const Case& one) { return one.has("m/binary") && has_format(one, "j"); },
                  [](Outcome& theirs, Outcome& ours) {
                    replace(theirs.out, R"("payload":"[^}]*)", "");
                    replace(ours.out, R"("payload":null,"payload_base64":"AAH//g==")", "");
                  }});
  rows.push_back({"the width and the groups of %x", "With a width,",
                  [](const Case& one) { return has_format(one, "[0-9.][:]?[xX]"); },
                  [](Outcome& theirs, Outcome& ours) {
                    if (ours.status == 0) ours = theirs;
                  }});
  rows.push_back({"%f and %d", "float of 4 bytes",
                  [](const Case& one) { return has_format(one, "^%[fd]$"); },
                  known({"", 1, {}}, {"\n", 0, {}})});
  rows.push_back(
      {"the text of --help", "has a text of its own",
       [](const Case& one) {
         return one.has("--help") ||
                (one.tool == "pub" &&
                 (one.arguments.empty() || one.arguments == std::vector<std::string>{"-t", "p/x"}));
       },
       [](Outcome& theirs, Outcome& ours) { theirs.out = ours.out = ""; }});
}

void forgive_wire(std::vector<Intended>& rows) {
  rows.push_back({"the client id in MQTT 3.1", "begins with mqfail\\-",
                  [](const Case& one) { return one.has("31") || one.has("mqttv31"); },
                  same_packets("CONNECT", "id=(mosq-[A-Za-z0-9]{18}|mqfail-[0-9a-f]{16})", "id=")});
  rows.push_back({"Receive Maximum", "Receive Maximum",
                  [](const Case& one) { return one.is_mqtt5(); },
                  same_packets("CONNECT", " ?\\b33=(20|100)\\b", "")});
  rows.push_back({"one UNSUBSCRIBE", "one UNSUBSCRIBE",
                  [](const Case& one) { return one.mentions("m/one") && one.has("-U"); },
                  [](Outcome& theirs, Outcome& ours) {
                    auto& wire = theirs.wire;
                    // mosquitto does not always send DISCONNECT here.
                    for (Outcome* one : {&theirs, &ours}) std::erase(one->wire, "DISCONNECT ");
                    for (std::size_t i = 0; i + 1 < wire.size(); ++i) {
                      if (wire[i] == "UNSUBSCRIBE {} m/text" &&
                          wire[i + 1] == "UNSUBSCRIBE {} m/one") {
                        wire[i] += " m/one";
                        wire.erase(wire.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                      }
                    }
                  }});
  rows.push_back({"subscription identifiers", "Subscription identifiers tell the copies apart",
                  [](const Case& one) { return one.is_mqtt5() && has_filters(one, 2); },
                  [](Outcome& theirs, Outcome& ours) {
                    std::string filters;
                    std::erase_if(ours.wire, [&](std::string& packet) {
                      if (!packet.starts_with("SUBSCRIBE {11=26843545")) return false;
                      filters = packet.substr(packet.find('}') + 1) + filters;
                      return true;
                    });
                    if (!filters.empty())
                      ours.wire.insert(ours.wire.begin() + 1, "SUBSCRIBE {}" + filters);
                    (void)theirs;
                  }});
  rows.push_back({"a message that matches several filters",
                  "A message that matches several filters is printed once",
                  [](const Case& one) { return one.has("+/text"); },
                  [](Outcome& theirs, Outcome&) {
                    if (theirs.out == "message\nmessage\n") theirs.out = "message\n";
                  }});
  rows.push_back({"DISCONNECT after -W", "without asking for the will",
                  [](const Case& one) { return one.is_mqtt5() && one.has("-W"); },
                  same_packets("DISCONNECT", "\\\\x04", "")});
  rows.push_back(
      {"the last PUBCOMP", "without its PUBCOMP",
       [](const Case& one) { return one.tool == "sub" && one.has("m/two") && one.has("2"); },
       [](Outcome& theirs, Outcome& ours) {
         std::erase(theirs.wire, "ANSWER 7 0");
         std::erase(ours.wire, "ANSWER 7 0");
       },
       false});
  rows.push_back(
      {"the next message waits for no acknowledgement", "does not wait for",
       [](const Case& one) { return one.has("2") && (one.has("--repeat") || one.has("-l")); },
       [](Outcome& theirs, Outcome& ours) {
         for (Outcome* one : {&theirs, &ours})
           std::stable_partition(one->wire.begin(), one->wire.end(), [](const std::string& packet) {
             return packet != "ANSWER 6 0" && !packet.starts_with("DISCONNECT");
           });
       }});
}

void forgive_ends(std::vector<Intended>& rows) {
  rows.push_back({"no line, no connection", "without a line",
                  [](const Case& one) { return one.has("-l") && one.input.empty(); },
                  [](Outcome& theirs, Outcome& ours) { theirs.wire = ours.wire = {}; }, false});
}

// One takes what the other refuses: `ours_refuses`, or it is the other way round.
void one_refuses(std::vector<Intended>& rows, std::string name, std::string in_manual,
                 std::function<bool(const Case&)> concerns, bool ours_refuses) {
  rows.push_back({std::move(name), std::move(in_manual), std::move(concerns),
                  [ours_refuses](Outcome& theirs, Outcome& ours) {
                    const Outcome& refusal = ours_refuses ? ours : theirs;
                    const Outcome& other = ours_refuses ? theirs : ours;
                    if (refusal.status == 1 && refusal.wire.empty() && refusal.out.empty() &&
                        other.status == 0)
                      ours = theirs;
                  }});
}

void forgive_strictness(std::vector<Intended>& rows) {
  one_refuses(
      rows, "--will-qos without a will", "An option of a will without",
      [](const Case& one) { return one.has("--will-qos") && !one.has("--will-topic"); }, true);
  one_refuses(
      rows, "numbers are read strictly", "Numbers are read strictly.",
      [](const Case& one) {
        return one.has("x") || one.has("") || one.has("10x") || one.has("1x") || one.has("2x") ||
               one.has("5x");
      },
      true);
  one_refuses(
      rows, "an option of MQTT 5 with -V 311", "an option that exists only in MQTT 5 is an error",
      [](const Case& one) { return one.has("-V") && one.has("311") && one.has("-x"); }, true);
  one_refuses(
      rows, "a keepalive below 5", "may be as short as 1",
      [](const Case& one) { return one.has("-k") && one.has("4"); }, false);
  one_refuses(
      rows, "letters that are joined", "Letters may be joined",
      [](const Case& one) { return one.has("-vq1"); }, false);
  rows.push_back(
      {"-d", "shows all events on standard error", [](const Case& one) { return one.has("-d"); },
       [](Outcome& theirs, Outcome&) { replace(theirs.out, "(Client|Subscribed) [^\n]*\n", ""); }});
}

}  // namespace

const std::vector<Intended>& intended() {
  static const std::vector<Intended> rows = [] {
    std::vector<Intended> all;
    forgive_time(all);
    forgive_output(all);
    forgive_wire(all);
    forgive_ends(all);
    forgive_strictness(all);
    return all;
  }();
  return rows;
}

std::string manual() {
  std::string text;
  for (const char* page :
       {"mqfail-sub.1.in", "mqfail-pub.1.in", "compat.mdoc", "mosquitto-names.mdoc"}) {
    std::string source = read_file(mqfail::test::source_dir() + "/man/" + page);
    std::replace(source.begin(), source.end(), '\n', ' ');
    text += source;
  }
  for (const char* file : {"common_options.cpp", "sub_options.cpp"})
    text += read_file(mqfail::test::source_dir() + "/lib/tool/" + std::string(file));
  return text;
}

}  // namespace rig
