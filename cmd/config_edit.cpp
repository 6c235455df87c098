// SPDX-License-Identifier: Apache-2.0
#include "config_edit.hpp"

#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/server_ids.hpp"
#include "config_output.hpp"
#include "edited_file.hpp"

namespace mqfail {
namespace {

int merge(const ConfigOptions& options, StoredList& list) {
  const auto document = read_input(options);
  if (!document) return fail(document.error());
  return finish(document->name,
                list.merge(*document, wanted_component(options), options.server_id));
}

int set_values(const ConfigOptions& options, StoredList& list) {
  std::vector<KeyValue> values;
  for (const auto& [key, value] : options.values) {
    const bool secret = same_word(key, "password") || same_word(key, "clientCertificatePassword");
    if (!secret || value != "-") {
      values.push_back({key, value ? std::optional(Secret(*value)) : std::nullopt});
      continue;
    }
    auto read = read_password_file("-");
    if (!read) return fail(read.error());
    values.push_back({key, std::move(*read)});
  }
  return finish("key=value", list.edit(*options.server_id, values));
}

// What the editor opens: the stored list or server, its secrets masked.
Result<std::string> text_to_edit(const ConfigOptions& options, const StoredList& list,
                                 bool stored) {
  if (!stored && !options.server_id) {
    DocumentServer example;
    example.host = "localhost";
    example.port = std::uint16_t{1883};
    example.tls = DocumentTls::none;
    return write_document({example}, true);
  }
  const auto servers = list.servers();
  if (!servers) return servers.error();
  if (!options.server_id) return write_document(*servers, true);
  const DocumentServer* const server = find_server(*servers, *options.server_id);
  if (server == nullptr) return no_such_server(options.component, *options.server_id);
  return write_document_server(*server, true);
}

int kept(EditedFile& file, int status) {
  tell("mqfail-config: your text is kept in " + printable(file.keep(), 4096));
  return status;
}

// Until what the user wrote is right, or nothing was written, or the user gives up.
int edit_in_editor(const ConfigOptions& options, StoredList& list) {
  const auto stored = list.state();
  if (!stored) return fail(stored.error());
  const auto begin = text_to_edit(options, list, stored->text.has_value());
  if (!begin) return fail(begin.error());
  auto file = EditedFile::make("RedundantServers.json", *begin);
  if (!file) return fail(file.error());
  for (bool first = true;; first = false) {
    if (const auto done = file->open_editor(); !done) {
      const int status = fail(done.error());
      return first ? status : kept(*file, status);
    }
    auto text = file->text();
    if (!text) return fail(text.error());
    if (text->reveal() == *begin) {
      tell("mqfail-config: nothing was changed");
      return 0;
    }
    const NamedText document{"RedundantServers.json", std::move(*text)};
    const auto change = options.server_id ? list.put(document, *options.server_id, &*stored)
                                          : list.set(document, std::nullopt, &*stored);
    const int status = finish(document.name, change);
    if (status == 0) return 0;
    const bool again =
        change && isatty(STDIN_FILENO) != 0 && yes("Edit the text again? [Y/n]: ", true);
    if (!again) return kept(*file, status);
  }
}

}  // namespace

int edit(const ConfigOptions& options, StoredList& list) {
  if (options.file) return merge(options, list);
  return options.values.empty() ? edit_in_editor(options, list) : set_values(options, list);
}

}  // namespace mqfail
