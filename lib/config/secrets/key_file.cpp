// SPDX-License-Identifier: Apache-2.0
#include "config/secrets/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kKeyName = "mqfail.key";
constexpr std::size_t kLargest = 65536;

Error refused(const std::string& path, std::string_view why, std::string hint) {
  return {ErrorKind::configuration, printable(path, 1024) + " " + std::string(why),
          std::move(hint)};
}

// systemd hands a service its credentials as root's, readable through an ACL that shows as the
// group's bits, in a directory that nobody else can enter. Elsewhere the file is the user's alone.
enum class Keeper { user, service_manager };

Result<Done> check_private(const Descriptor& file, const std::string& path, Keeper keeper) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0)
    return file_error(ErrorKind::configuration, "cannot read", path, errno);
  if (!S_ISREG(status.st_mode)) return refused(path, "is not a regular file", "");
  const bool manager = keeper == Keeper::service_manager;
  if (status.st_uid != geteuid() && !(manager && status.st_uid == 0))
    return refused(path, "belongs to another user", "a key or secret must be your own");
  if ((status.st_mode & (manager ? 0027U : 0077U)) != 0)
    return refused(path, "can be read or written by others",
                   "chmod 600 it, and replace what it protects if others may have read it");
  return Done{};
}

// Empty: there is no such file.
Result<std::optional<Secret>> read_private(const std::string& path, Keeper keeper) {
  // O_NONBLOCK: a FIFO must be refused, not waited for.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return std::optional<Secret>();
    return file_error(ErrorKind::configuration, "cannot read", path, errno);
  }
  if (auto good = check_private(file, path, keeper); !good) return good.error();
  auto text = read_descriptor(file.get(), path, kLargest);
  if (!text) return text.error();
  return std::optional<Secret>(std::move(*text));
}

Result<Secret> secret_line(const std::string& path, const Secret& text) {
  auto line = first_line(path, text);
  if (!line) return refused(path, "has an empty first line", "it holds the secret");
  return line;
}

Result<Keyring> parse_keys(const Secret& text, const std::string& where) {
  std::vector<SealingKey> keys;
  std::string_view rest = text.reveal();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() && !keys.empty()) continue;
    auto key = SealingKey::parse(line);
    if (!key)
      return Error{key.error().kind, printable(where, 1024) + " " + key.error().message,
                   key.error().hint};
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return refused(where, "is empty", "openssl rand -hex 32 makes a key");
  return Keyring(std::move(keys));
}

Secret key_text(const Keyring& keys) {
  std::string text;
  text.reserve(keys.keys().size() * 65);
  for (const SealingKey& key : keys.keys()) text.append(key.digits().reveal()).append("\n");
  return Secret(std::move(text));
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool same_directory(const std::string& a, const std::string& b) {
  struct stat x {};
  struct stat y {};
  return stat(a.c_str(), &x) == 0 && stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev &&
         x.st_ino == y.st_ino;
}

// A new file beside `path`, written and durable; its name is the answer.
Result<std::string> write_beside(const std::string& path, const Secret& text) {
  const std::string name =
      temporary_name(directory_of(path) + "/." + path.substr(path.rfind('/') + 1) + ".");
  Descriptor file(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return file_error(ErrorKind::cannot_create, "cannot create", name, errno);
  if (auto done = write_durably(file, text.reveal(), name); !done) {
    unlink(name.c_str());
    return done.error();
  }
  return name;
}

Result<Done> make_durable(const std::string& path) {
  const std::string directory = directory_of(path);
  const Descriptor file(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file || fsync(file.get()) != 0)
    return file_error(ErrorKind::io, "cannot make durable", path, errno);
  return Done{};
}

// Of two processes, the second uses the key of the first: link(2) does not replace a file.
Result<Done> make_key_file(const std::string& path) {
  auto key = SealingKey::random();
  if (!key) return key.error();
  const auto name = write_beside(path, key_text(Keyring({*key})));
  if (!name) return name.error();
  const int linked = link(name->c_str(), path.c_str());
  const int error = errno;
  unlink(name->c_str());
  if (linked != 0 && error != EEXIST)
    return file_error(ErrorKind::cannot_create, "cannot create", path, error);
  return make_durable(path);
}

bool is_file_name(std::string_view id) {
  return !id.empty() && id.size() <= 255 && id.front() != '.' &&
         std::none_of(id.begin(), id.end(), [](unsigned char c) { return c == '/' || c < 0x20; });
}

}  // namespace

KeySource key_source_of_user() {
  const auto absolute = [](const char* path) { return path != nullptr && path[0] == '/'; };
  KeySource source;
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (absolute(credentials)) source.credentials = credentials;
  const char* state = std::getenv("XDG_STATE_HOME");  // NOLINT(concurrency-mt-unsafe)
  const char* home = std::getenv("HOME");             // NOLINT(concurrency-mt-unsafe)
  if (absolute(state)) {
    source.state_home = state;
  } else if (absolute(home)) {
    source.state_home = std::string(home) + "/.local/state";
  }
  return source;
}

Result<Secret> read_private_line(const std::string& path) {
  const std::string credentials = key_source_of_user().credentials;
  const bool managed = !credentials.empty() && directory_of(path) == credentials;
  const auto text = read_private(path, managed ? Keeper::service_manager : Keeper::user);
  if (!text) return text.error();
  if (!*text) return file_error(ErrorKind::configuration, "cannot read", path, ENOENT);
  return secret_line(path, **text);
}

Result<Secret> read_key_fd(const std::string& flag, int fd) {
  auto text = read_descriptor(fd, flag, kLargest);
  if (!text) return text.error();
  return Secret(std::move(*text));
}

Result<std::string> KeyChain::path() const {
  if (source_.file) return *source_.file;
  if (!source_.state_home.empty()) return source_.state_home + "/mqfail/" + std::string(kKeyName);
  return Error{ErrorKind::configuration, "there is no place for the key that seals secrets",
               "set XDG_STATE_HOME or HOME to an absolute path, or give --key-file"};
}

Result<std::optional<Keyring>> KeyChain::read() const {
  const auto parsed = [](const Secret& text,
                         const std::string& where) -> Result<std::optional<Keyring>> {
    auto keys = parse_keys(text, where);
    if (!keys) return keys.error();
    return std::optional<Keyring>(std::move(*keys));
  };
  if (source_.given) return parsed(*source_.given, "what --key-fd gives");
  if (!source_.file && !source_.credentials.empty()) {
    const std::string file = source_.credentials + "/" + std::string(kKeyName);
    const auto text = read_private(file, Keeper::service_manager);
    if (!text) return text.error();
    if (*text) return parsed(**text, file);
  }
  const auto file = path();
  if (!file) return file.error();
  const auto text = read_private(*file, Keeper::user);
  if (!text) return text.error();
  if (*text) return parsed(**text, *file);
  return std::optional<Keyring>();
}

Result<const Keyring*> KeyChain::known() {
  if (!keys_) {
    auto keys = read();
    if (!keys) return keys.error();
    keys_ = std::move(*keys);
  }
  return keys_ ? &*keys_ : nullptr;
}

Result<const Keyring*> KeyChain::to_open() {
  const auto there = known();
  if (!there || *there != nullptr) return there;
  const auto file = path();
  return Error{ErrorKind::configuration,
               "there is no key to open sealed secrets with: " +
                   (file ? printable(*file, 1024) + " does not exist" : file.error().message),
               "name its file with --key-file"};
}

Result<const Keyring*> KeyChain::to_seal(const std::string& documents) {
  const auto there = known();
  if (!there || *there != nullptr) return there;
  const auto file = path();
  if (!file) return file.error();
  if (!source_.file) {
    if (auto made = make_directories(directory_of(*file)); !made) return made.error();
  }
  if (same_directory(directory_of(*file), documents))
    return refused(*file, "would lie beside what it protects", "choose another directory");
  if (auto made = make_key_file(*file); !made) return made.error();
  return to_open();
}

Result<Done> KeyChain::replace(const Keyring& keys) {
  const auto file = path();
  if (!file) return file.error();
  const bool managed =
      !source_.file && !source_.credentials.empty() &&
      access((source_.credentials + "/" + std::string(kKeyName)).c_str(), F_OK) == 0;
  if (source_.given || managed)
    return Error{ErrorKind::configuration, "the key comes from where it cannot be replaced",
                 "give --key-file"};
  // A link stays: others may read the file by its own name.
  const std::string target = behind_links(*file);
  const auto name = write_beside(target, key_text(keys));
  if (!name) return name.error();
  if (rename(name->c_str(), target.c_str()) != 0) {
    const int error = errno;
    unlink(name->c_str());
    return file_error(ErrorKind::io, "cannot replace", target, error);
  }
  keys_ = keys;
  return make_durable(target);
}

Result<Secret> KeyChain::secret(std::string_view id) const {
  const std::string shown = "{{" + printable(id, 100) + "}}";
  if (!is_file_name(id))
    return refused(shown, "cannot be the name of a stored secret", "write a plain file name");
  if (id == kKeyName) return refused(shown, "names the key, which is no secret of a server", "");
  std::string places;
  const auto look = [&](const std::string& directory,
                        Keeper keeper) -> Result<std::optional<Secret>> {
    if (directory.empty()) return std::optional<Secret>();
    places += (places.empty() ? "" : " and ") + printable(directory, 1024);
    auto text = read_private(directory + "/" + std::string(id), keeper);
    if (!text || !*text) return text;
    auto line = secret_line(directory + "/" + std::string(id), **text);
    if (!line) return line.error();
    return std::optional<Secret>(std::move(*line));
  };
  auto found = look(source_.credentials, Keeper::service_manager);
  if (!found) return found.error();
  if (!*found && !source_.state_home.empty())
    found = look(source_.state_home + "/mqfail/secrets", Keeper::user);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  return refused(shown, "names a secret that is not there",
                 "its place is a file of that name in " +
                     (places.empty() ? "$CREDENTIALS_DIRECTORY" : places));
}

}  // namespace mqfail
