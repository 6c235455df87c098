// SPDX-License-Identifier: Apache-2.0
// Requests to mqfail-config serve, as their heads and documents. Laws: an answer has a status of
// HTTP; its note may be shown; without the token nothing is answered but a refusal.
#include "config/store/store.hpp"
#include "fuzz/fuzz.hpp"
#include "rest/endpoint.hpp"
#include "rest/resource.hpp"

using namespace mqfail;

namespace {

constexpr std::string_view kToken = "0123456789abcdef";

void check(const Answer& answer, bool refusal) {
  fuzz::law(answer.status >= (refusal ? 400U : 200U) && answer.status < 600U, "a status of HTTP");
  fuzz::law_shown(answer.note);
  fuzz::law_shown(answer.body, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // No file can be made behind a device.
  static const ComponentStore store("/dev/null/config");
  static const KeySource keys{Secret(std::string(64, 'a')), {}, {}, {}};
  static const Endpoint endpoint(store, keys, *Token::parse(Secret(kToken), "FILE"));
  static const ListenAddress local{"127.0.0.1", 5590, true};

  fuzz::Input input(data, size);
  const unsigned choice = input.byte();
  const std::string method = input.until(' '), target = input.until('\n'), host = input.until('\n'),
                    authorization = input.until('\n'), type = input.until('\n');
  const RequestHead head{.method = method,
                         .target = target,
                         .host = host,
                         .hosts = choice % 4 == 0 ? 2U : 1U,
                         .authorization = authorization,
                         .content_type = type,
                         .content_encoded = (choice & 4U) != 0,
                         .has_origin = (choice & 8U) != 0,
                         .local = &local};
  const auto refused = endpoint.refuse(head);
  if (refused) {
    check(*refused, true);
  } else {
    fuzz::law(head.hosts == 1 && !head.has_origin, "strangers are refused");
    fuzz::law(authorization.find(kToken) != std::string::npos, "the token is needed");
    check(endpoint.answer(head, Secret(input.rest())), false);
  }
  const auto resource = parse_resource(split_target(target).path);
  if (!resource) {
    fuzz::law_error(resource.error());
  } else {
    fuzz::law(resource->component.find('/') == std::string::npos && resource->component != ".." &&
                  resource->component != ".",
              "a component is no path", resource->component);
  }
  return 0;
}
