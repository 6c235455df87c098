// SPDX-License-Identifier: Apache-2.0
// URIs of one server. Laws: a draft is written as a URI that reads as the same; errors may be
// shown, and none shows a password.
#include "config/uri/server_uri.hpp"

#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  const auto draft = parse_server_uri(text);
  if (!draft) {
    fuzz::law_error(draft.error());
  } else {
    fuzz::law_shown(draft->shown);
    fuzz::law_shown(redacted_uri(draft->server));
    // The writer has no passwords (server_uri.hpp).
    if (!draft->server.password || draft->server.password->empty()) {
      const std::string written = write_server_uri(*draft);
      const auto again = parse_server_uri(written);
      fuzz::law(bool(again), "what is written can be read", written);
      fuzz::law(again->server == draft->server, "it is the same server", written);
      fuzz::law(again->password_file == draft->password_file &&
                    again->password_name == draft->password_name &&
                    again->certificate_password_name == draft->certificate_password_name &&
                    again->secrets_of == draft->secrets_of,
                "it has the same secrets", written);
    }
  }
  if (const auto url = parse_topic_url(text); !url) fuzz::law_error(url.error());

  if (text.find(fuzz::kPassword) != std::string::npos) return 0;
  const auto login = parse_server_uri("mqtt://u:" + std::string(fuzz::kPassword) + text);
  if (!login) {
    fuzz::law_error(login.error());
    fuzz::law_hidden(login.error().message);
    fuzz::law_hidden(login.error().hint);
  } else if (login->server.password) {
    fuzz::law_hidden(login->shown);
  }
  return 0;
}
