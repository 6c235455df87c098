// SPDX-License-Identifier: Apache-2.0
#include "config/store/document_secrets.hpp"

#include <utility>

#include "config/document/server_ids.hpp"

namespace mqfail {
namespace {

using Form = DocumentSecret::Form;

// The two protected fields of an item.
struct Field {
  const char* name;
  std::optional<DocumentSecret> DocumentServer::*secret;
};
constexpr Field kFields[] = {{"password", &DocumentServer::password},
                             {"clientCertificatePassword", &DocumentServer::certificate_password}};

// Calls `change(secret, place, server, field)` for each secret until one fails.
template <class Change>
Result<Done> for_each_secret(std::vector<DocumentServer>& servers, const std::string& component,
                             Change change) {
  for (DocumentServer& server : servers) {
    for (const Field& field : kFields) {
      std::optional<DocumentSecret>& secret = server.*field.secret;
      if (!secret) continue;
      const SecretPlace place{component, server.server_id, field.name};
      if (auto done = change(*secret, place, field); !done) return done;
    }
  }
  return Done{};
}

Result<Done> seal(DocumentSecret& secret, const SecretPlace& place, const SealingKey& key) {
  auto sealed = key.seal(secret.text.reveal(), place);
  if (!sealed) return sealed.error();
  secret = {Form::sealed, Secret(std::move(*sealed)), secret.offset, {}};
  return Done{};
}

// What is stored sealed in this place; null if nothing is.
const DocumentSecret* sealed_before(const ServersById& stored, const SecretPlace& place,
                                    const Field& field) {
  const DocumentServer* const server = stored.find(place.server_id);
  if (server == nullptr) return nullptr;
  const std::optional<DocumentSecret>& there = server->*field.secret;
  return there && there->form == Form::sealed ? &*there : nullptr;
}

// Takes the old sealed text if it holds the same.
bool keeps(DocumentSecret& secret, const DocumentSecret* old, const Keyring& ring,
           const SecretPlace& place) {
  if (old == nullptr) return false;
  const auto same = ring.open(old->text.reveal(), place);
  if (!same || !(*same == secret.text)) return false;
  secret = *old;
  return true;
}

}  // namespace

Result<Done> seal_secrets(std::vector<DocumentServer>& servers,
                          const std::vector<DocumentServer>& previous, const std::string& component,
                          const std::string& directory, KeyChain& keys) {
  const ServersById stored(previous);
  return for_each_secret(
      servers, component,
      [&](DocumentSecret& secret, const SecretPlace& place, const Field& field) -> Result<Done> {
        const DocumentSecret* old = sealed_before(stored, place, field);
        if (secret.form == Form::plain) {
          const auto ring = keys.to_seal(directory);
          if (!ring) return ring.error();
          if (keeps(secret, old, **ring, place)) return Done{};
          return seal(secret, place, (*ring)->first());
        }
        if (secret.form != Form::sealed || (old != nullptr && old->text == secret.text))
          return Done{};
        const auto ring = keys.to_open();
        if (!ring) return ring.error();
        const auto opened = (*ring)->open(secret.text.reveal(), place);
        if (!opened) return opened.error();
        return Done{};
      });
}

Result<Done> recognise_secrets(std::vector<DocumentServer>& servers,
                               const std::vector<DocumentServer>& previous,
                               const std::string& component, KeyChain& keys) {
  const ServersById stored(previous);
  return for_each_secret(
      servers, component,
      [&](DocumentSecret& secret, const SecretPlace& place, const Field& field) -> Result<Done> {
        const DocumentSecret* old = sealed_before(stored, place, field);
        if (old == nullptr || secret.form != Form::plain) return Done{};
        const auto ring = keys.to_open();
        if (!ring) return ring.error();
        keeps(secret, old, **ring, place);
        return Done{};
      });
}

bool sealed_alike(const std::vector<DocumentServer>& servers,
                  const std::vector<DocumentServer>& previous) {
  const ServersById stored(previous);
  for (const DocumentServer& server : servers) {
    for (const Field& field : kFields) {
      const std::optional<DocumentSecret>& secret = server.*field.secret;
      if (!secret || secret->form != Form::sealed) continue;
      const DocumentSecret* old =
          sealed_before(stored, {std::string_view(), server.server_id, field.name}, field);
      if (old == nullptr || !(old->text == secret->text)) return false;
    }
  }
  return true;
}

const DocumentSecret* new_stored_secret(const std::vector<DocumentServer>& servers,
                                        const std::vector<DocumentServer>& previous) {
  const ServersById stored(previous);
  for (const DocumentServer& server : servers) {
    for (const Field& field : kFields) {
      const std::optional<DocumentSecret>& secret = server.*field.secret;
      if (!secret || secret->form == Form::plain) continue;
      const DocumentServer* const old = stored.find(server.server_id);
      const bool had = old != nullptr && parts_secret(*old, server).empty() &&
                       (old->*field.secret) && (old->*field.secret)->form == secret->form &&
                       (old->*field.secret)->text == secret->text;
      if (!had) return &*secret;
    }
  }
  return nullptr;
}

Result<Done> open_secrets(std::vector<DocumentServer>& servers, const std::string& component,
                          KeyChain& keys) {
  return for_each_secret(
      servers, component,
      [&](DocumentSecret& secret, const SecretPlace& place, const Field&) -> Result<Done> {
        if (secret.form == Form::plain) return Done{};
        Result<Secret> plain = Secret();
        if (secret.form == Form::reference) {
          plain = keys.secret(secret.text.reveal());
        } else {
          const auto ring = keys.to_open();
          if (!ring) return ring.error();
          plain = (*ring)->open(secret.text.reveal(), place);
        }
        if (!plain) return plain.error();
        secret = {Form::plain, std::move(*plain), secret.offset, {}};
        return Done{};
      });
}

Result<Done> reseal_secrets(std::vector<DocumentServer>& servers, const std::string& component,
                            const Keyring& old, const SealingKey& key) {
  return for_each_secret(
      servers, component,
      [&](DocumentSecret& secret, const SecretPlace& place, const Field&) -> Result<Done> {
        if (secret.form == Form::reference) return Done{};
        if (secret.form == Form::sealed) {
          auto plain = old.open(secret.text.reveal(), place);
          if (!plain) return plain.error();
          secret.text = std::move(*plain);
        }
        return seal(secret, place, key);
      });
}

}  // namespace mqfail
