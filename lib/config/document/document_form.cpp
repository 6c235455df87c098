// SPDX-License-Identifier: Apache-2.0
#include "config/document/document_form.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "config/document/document_keys.hpp"

namespace mqfail {
namespace {

using Kind = JsonValue::Kind;

class FormReader {
 public:
  FormReader(const std::optional<std::string>& component, std::vector<Problem>& problems)
      : component_(component), problems_(problems) {}

  DocumentForm read(JsonChildren values) {
    if (values.empty()) {
      if (problems_.empty()) fail(0, "RedundantServers: at least one server is required");
    } else if (const JsonValue& first = *values.begin(); values.count() > 1) {
      read_several(values);
    } else if (first.kind == Kind::array) {
      read_array(first, "");
    } else {
      read_object(first);
    }
    return std::move(form_);
  }

 private:
  void read_several(JsonChildren values) {
    std::size_t i = 0;
    for (const JsonValue& tree : values) {
      const std::string pointer = "/" + std::to_string(i++);
      if (tree.kind == Kind::array) {
        fail(tree.offset, pointer + ": a list beside something else; write one list");
      } else if (has_facets(tree)) {
        fail(tree.offset, pointer + ": a wrapper beside something else; it must stand alone");
      } else {
        item(tree, pointer);
      }
    }
  }

  void read_array(const JsonValue& array, const std::string& pointer) {
    const JsonChildren elements = array.children();
    if (elements.empty() && !array.lost_members && form_.items.empty()) {
      fail(array.offset, (pointer.empty() ? "" : pointer + ": ") +
                             "RedundantServers: at least one server is required");
    }
    form_.items.reserve(form_.items.size() + elements.count());
    std::size_t i = 0;
    for (const JsonValue& element : elements) item(element, pointer + "/" + std::to_string(i++));
  }

  void read_object(const JsonValue& object) {
    const JsonChildren members = object.children();
    const auto has_item_key = std::any_of(members.begin(), members.end(), [](const JsonValue& m) {
      return find_key(m.key) != kKeys;
    });
    if (has_facets(object)) {
      read_facets(object, "");
    } else if (!has_item_key && !members.empty() && all_structures(object)) {
      read_components(object);
    } else {
      item(object, "");
    }
  }

  static bool has_facets(const JsonValue& object) {
    return find_member(object, "RedundantServers") != nullptr ||
           find_member(object, "DataSource") != nullptr;
  }

  static bool all_structures(const JsonValue& object) {
    const JsonChildren members = object.children();
    return std::all_of(members.begin(), members.end(), [](const JsonValue& m) {
      return m.kind == Kind::object || m.kind == Kind::array;
    });
  }

  // {"MQTT1": {"DataSource": {…}, "RedundantServers": […]}, "System": {…}}
  void read_components(const JsonValue& object) {
    const JsonValue* chosen = nullptr;
    std::string names;
    std::size_t count = 0;
    bool by_name = false;
    for (const JsonValue& member : object.children()) {
      if (member.kind != Kind::object || !has_facets(member)) continue;
      names += (count++ == 0 ? "" : ", ") + printable(member.key, 64);
      form_.components.emplace_back(member.key);
      if (by_name) continue;
      by_name = component_ && same_word(*component_, member.key);
      if (chosen == nullptr || by_name) chosen = &member;
    }
    if (chosen == nullptr) return no_list(object);
    if (count > 1 && !by_name) {
      fail(object.offset, component_
                              ? "there is no " + printable(*component_, 64) + "; there are " + names
                              : "several components (" + names + "); name one with --component");
      return;
    }
    if (component_ && !by_name) {
      warn(chosen->key_offset, "/" + pointer_token(chosen->key) + ": written for component " +
                                   printable(chosen->key, 64) + ", taken for " +
                                   printable(*component_, 64));
    }
    for (const JsonValue& member : object.children()) {
      if (&member != chosen)
        warn(member.key_offset,
             "/" + pointer_token(member.key) + ": not the list of servers; it is ignored");
    }
    read_facets(*chosen, "/" + pointer_token(chosen->key));
  }

  void no_list(const JsonValue& object) {
    constexpr std::array<std::string_view, 2> kFacets = {"RedundantServers", "DataSource"};
    for (const JsonValue& member : object.children()) {
      const auto meant = nearest(member.key, kFacets);
      if (meant)
        return fail(member.key_offset, "/" + pointer_token(member.key) + ": unknown key \"" +
                                           printable(member.key, 64) + "\"; did you mean \"" +
                                           *meant + "\"?");
    }
    if (!object.lost_members) fail(object.offset, "there is no RedundantServers in this object");
  }

  // {"DataSource": {…}, "RedundantServers": […]}: DataSource is server 0.
  void read_facets(const JsonValue& object, const std::string& pointer) {
    const JsonValue* source = find_member(object, "DataSource");
    const JsonValue* list = find_member(object, "RedundantServers");
    for (const JsonValue& member : object.children()) {
      if (&member == source || &member == list) continue;
      const std::string at = pointer + "/" + pointer_token(member.key);
      const bool again =
          same_word(member.key, "DataSource") || same_word(member.key, "RedundantServers");
      if (again) {
        fail(member.key_offset, at + ": given twice");
      } else if (member.kind == Kind::object || member.kind == Kind::array) {
        warn(member.key_offset, at + ": not the list of servers; it is ignored");
      } else {
        fail(member.key_offset,
             at + ": unknown key \"" + printable(member.key, 64) + "\" beside the list of servers");
      }
    }
    if (source != nullptr && source->kind != Kind::null) {
      const std::string at = pointer + "/" + pointer_token(source->key);
      item(*source, at, Facet::data_source);
      form_.data_source = {source, at, Facet::data_source};
    }
    if (list == nullptr || list->kind == Kind::damaged) return;
    const std::string at = pointer + "/" + pointer_token(list->key);
    if (list->kind == Kind::array) {
      read_array(*list, at);
    } else if (list->kind != Kind::null || form_.items.empty()) {
      fail(list->offset, at + ": must be an array, not " + std::string(kind_name(list->kind)));
    }
  }

  void item(const JsonValue& value, const std::string& pointer,
            Facet facet = Facet::redundant_servers) {
    if (value.kind == Kind::damaged) return;
    if (value.kind == Kind::object) {
      form_.items.push_back({&value, pointer, facet});
    } else {
      fail(value.offset,
           pointer + ": a server must be an object, not " + std::string(kind_name(value.kind)));
    }
  }

  void fail(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::error, std::move(message)});
  }
  void warn(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::warning, std::move(message)});
  }

  const std::optional<std::string>& component_;
  std::vector<Problem>& problems_;
  DocumentForm form_;
};

}  // namespace

DocumentForm find_items(JsonChildren values, const std::optional<std::string>& component,
                        std::vector<Problem>& problems) {
  return FormReader(component, problems).read(values);
}

}  // namespace mqfail
