// SPDX-License-Identifier: Apache-2.0
#include "config/store/store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace mqfail {
namespace {

constexpr const char* kFile = "RedundantServers.json";
constexpr std::string_view kTemporary = ".RedundantServers.json.";
constexpr const char* kLock =
    ".lock";  // no component can be called so: ids do not begin with a dot

Error refused(const std::string& path, std::string_view why) {
  return {ErrorKind::configuration, printable(path, 1024) + " " + std::string(why),
          "move it away; nothing was changed"};
}

// One directory below another. A symbolic link or another user's directory is refused.
Result<Descriptor> open_directory(const Descriptor& parent, const char* name,
                                  const std::string& path, bool make) {
  if (make && mkdirat(parent.get(), name, 0700) != 0 && errno != EEXIST) {
    return file_error(ErrorKind::cannot_create, "cannot create", path, errno);
  }
  Descriptor directory(openat(parent.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    const int error = errno;
    if (error == ENOENT) return Descriptor();
    struct stat status {};
    if (fstatat(parent.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISLNK(status.st_mode)) return refused(path, "is a symbolic link; it is not followed");
      if (!S_ISDIR(status.st_mode)) return refused(path, "is not a directory");
    }
    return file_error(make ? ErrorKind::cannot_create : ErrorKind::no_input, "cannot open", path,
                      error);
  }
  struct stat status {};
  if (fstat(directory.get(), &status) != 0)
    return file_error(ErrorKind::no_input, "cannot read", path, errno);
  if (status.st_uid != geteuid()) return refused(path, "belongs to another user");
  return directory;
}

// CONFIG_HOME/mqfail/components. Not there and not to be made: an empty descriptor.
Result<Descriptor> open_components(const std::string& home, bool make) {
  if (home.empty()) {
    return Error{ErrorKind::configuration, "there is no place for components",
                 "set XDG_CONFIG_HOME or HOME to an absolute path"};
  }
  const std::string top = home + "/mqfail";
  if (make) {
    if (auto made = make_directories(top); !made) return made.error();
  }
  const Descriptor base(open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!base) {
    if (errno == ENOENT && !make) return Descriptor();
    return file_error(make ? ErrorKind::cannot_create : ErrorKind::no_input, "cannot open", top,
                      errno);
  }
  return open_directory(base, "components", top + "/components", make);
}

struct Found {
  Descriptor file;  // empty: there is none
  struct stat status {};
};

Result<Found> open_document(const Descriptor& directory, const std::string& path) {
  Found found;
  // O_NONBLOCK: a FIFO must be refused, not waited for.
  found.file = Descriptor(
      openat(directory.get(), kFile, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!found.file) {
    if (errno == ENOENT) return found;
    if (errno == ELOOP) return refused(path, "is a symbolic link; it is not followed");
    const int error = errno;
    struct stat status {};
    if (fstatat(directory.get(), kFile, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISREG(status.st_mode)) {
      return refused(path, "is not a regular file");
    }
    return file_error(ErrorKind::no_input, "cannot read", path, error);
  }
  if (fstat(found.file.get(), &found.status) != 0)
    return file_error(ErrorKind::no_input, "cannot read", path, errno);
  if (!S_ISREG(found.status.st_mode)) return refused(path, "is not a regular file");
  if (found.status.st_uid != geteuid()) return refused(path, "belongs to another user");
  return found;
}

Result<std::string> read_all(const Found& found, const std::string& path) {
  if (static_cast<std::size_t>(found.status.st_size) > kLargestDocument)
    return refused(path, "is larger than any document");
  return read_descriptor(found.file.get(), path, kLargestDocument);
}

// Calls `see(name)` for each entry, but "." and "..". 0, or errno if there may be others.
template <class See>
int for_each_entry(const Descriptor& directory, See see) {
  const int fd = openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fd < 0 ? nullptr : fdopendir(fd), closedir);
  if (!entries) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return error;
  }
  while (true) {
    errno = 0;
    const dirent* const entry = readdir(entries.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) return errno;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") see(entry->d_name);
  }
}

// As temporary_name() makes it. An editor has files beside the document, too.
bool is_temporary(std::string_view name) {
  constexpr std::size_t kLetters = 8;
  return name.size() == kTemporary.size() + kLetters && name.starts_with(kTemporary) &&
         std::all_of(name.end() - kLetters, name.end(),
                     [](char c) { return c >= 'a' && c <= 'z'; });
}

// Temporary files of writers that were killed. The lock is ours, so none of them is in use.
void sweep(const Descriptor& directory) {
  for_each_entry(directory, [&](const char* name) {
    if (is_temporary(name)) unlinkat(directory.get(), name, 0);
  });
}

Result<Done> replace_document(const Descriptor& directory, const std::string& path,
                              std::string_view text) {
  const std::string name = temporary_name(kTemporary);
  Descriptor file(openat(directory.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file)
    return file_error(ErrorKind::cannot_create, "cannot create a file beside", path, errno);
  auto done = write_durably(file, text, path);
  if (done && renameat(directory.get(), name.c_str(), directory.get(), kFile) != 0) {
    done = file_error(ErrorKind::io, "cannot replace", path, errno);
  }
  if (!done) {
    unlinkat(directory.get(), name.c_str(), 0);
    return done;
  }
  if (fsync(directory.get()) != 0)
    return file_error(ErrorKind::io, "cannot make durable", path, errno);
  return Done{};
}

// `MQTT1` and `mqtt1` would be two components, where the user means one.
Result<Done> check_spelling(const ComponentStore& store, const std::string& id) {
  const auto there = store.read(id);
  if (!there) return there.error();
  if (*there) return Done{};
  const auto other = store.spelt_otherwise(id);
  if (!other) return other.error();
  if (!*other) return Done{};
  return Error{ErrorKind::data,
               "component '" + printable(**other, 64) + "' is stored already, and '" +
                   printable(id, 64) + "' differs from it in letter case only; nothing was changed",
               "name it '" + printable(**other, 64) + "'"};
}

}  // namespace

Result<Done> check_component_id(std::string_view id) {
  const auto bad = [&](std::string_view why) {
    return Error{ErrorKind::usage, "component '" + printable(id, 64) + "' " + std::string(why), ""};
  };
  if (id.empty()) return Error{ErrorKind::usage, "the component id is empty", ""};
  if (id.size() > 200) return bad("is longer than 200 bytes");
  if (id.front() == ' ' || id.back() == ' ') return bad("begins or ends with a space");
  if (id.front() == '.') return bad("begins with a dot");
  constexpr std::string_view kForbidden = "></:?#[]@!$&*\"()\\+,;=|`{}";
  for (const char c : id) {
    if (kForbidden.find(c) != std::string_view::npos)
      return bad(std::string("holds '") + c + "', which no id may");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return bad("holds a control character");
  }
  if (!is_utf8(id)) return bad("is not UTF-8");
  if (printable(id, id.size()) != id) return bad("holds a character that a terminal obeys");
  return Done{};
}

std::string config_home_of_user() {
  const auto absolute = [](const char* path) { return path != nullptr && path[0] == '/'; };
  const char* config = std::getenv("XDG_CONFIG_HOME");  // NOLINT(concurrency-mt-unsafe)
  if (absolute(config)) return config;
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  return absolute(home) ? std::string(home) + "/.config" : std::string();
}

std::string ComponentStore::path(const std::string& id) const {
  return home_ + "/mqfail/components/" + id + "/" + kFile;
}

Result<std::optional<std::string>> ComponentStore::read(const std::string& id) const {
  if (auto good = check_component_id(id); !good) return good.error();
  const auto components = open_components(home_, false);
  if (!components) return components.error();
  if (!*components) return std::optional<std::string>();
  const std::string file = path(id);
  const auto directory =
      open_directory(*components, id.c_str(), file.substr(0, file.rfind('/')), false);
  if (!directory) return directory.error();
  if (!*directory) return std::optional<std::string>();
  const auto found = open_document(*directory, file);
  if (!found) return found.error();
  if (!found->file) return std::optional<std::string>();
  auto text = read_all(*found, file);
  if (!text) return text.error();
  return std::optional<std::string>(std::move(*text));
}

Result<std::vector<std::string>> ComponentStore::list() const {
  std::vector<std::string> ids;
  const auto components = open_components(home_, false);
  if (!components) return components.error();
  if (!*components) return ids;
  const int error = for_each_entry(*components, [&](const char* name) {
    if (!check_component_id(name)) return;
    const std::string file = std::string(name) + "/" + kFile;
    struct stat status {};
    // What cannot be looked at is named: rekey() would throw its key away.
    if (fstatat(components->get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 ||
        (errno != ENOENT && errno != ENOTDIR))
      ids.emplace_back(name);
  });
  if (error != 0)
    return file_error(ErrorKind::no_input, "cannot read", home_ + "/mqfail/components", error);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<std::optional<std::string>> ComponentStore::spelt_otherwise(const std::string& id) const {
  const auto ids = list();
  if (!ids) return ids.error();
  const auto found = std::find_if(ids->begin(), ids->end(), [&](const std::string& one) {
    return one != id && same_word(one, id);
  });
  return found == ids->end() ? std::nullopt : std::optional(*found);
}

Result<StoreLock> ComponentStore::lock(Duration patience) const {
  const auto components = open_components(home_, true);
  if (!components) return components.error();
  const std::string where = home_ + "/mqfail/components/" + kLock;
  Descriptor file(openat(components->get(), kLock,
                         O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file) return file_error(ErrorKind::cannot_create, "cannot open the lock", where, errno);
  // flock has no time limit, and this room has no clock: it counts its naps instead.
  constexpr auto kNap = std::chrono::milliseconds(20);
  for (Duration waited{};; waited += kNap) {
    if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return StoreLock(std::move(file));
    if (errno != EWOULDBLOCK && errno != EINTR)
      return file_error(ErrorKind::io, "cannot lock", where, errno);
    if (waited >= patience) {
      return Error{ErrorKind::temporary, printable(where, 1024) + " stays locked",
                   "another mqfail-config is at work; try again"};
    }
    const timespec nap{0, std::chrono::nanoseconds(kNap).count()};
    nanosleep(&nap, nullptr);
  }
}

Result<bool> ComponentStore::write(const StoreLock& /*held*/, const std::string& id,
                                   std::string_view text) const {
  if (auto good = check_component_id(id); !good) return good.error();
  if (text.size() > kLargestDocument) {
    return Error{ErrorKind::data,
                 "the list is larger than any document that is read (64 MiB); nothing was changed",
                 "store fewer servers"};
  }
  const auto components = open_components(home_, true);
  if (!components) return components.error();
  const std::string file = path(id);
  if (auto fits = check_spelling(*this, id); !fits) return fits.error();
  const auto directory =
      open_directory(*components, id.c_str(), file.substr(0, file.rfind('/')), true);
  if (!directory) return directory.error();
  if (!*directory) return file_error(ErrorKind::cannot_create, "cannot create", file, ENOENT);
  const auto old = open_document(*directory, file);
  if (!old) return old.error();
  if (old->file) {
    const auto stored = read_all(*old, file);
    if (!stored) return stored.error();
    if (*stored == text) {
      if ((old->status.st_mode & 0777U) != 0600) fchmod(old->file.get(), 0600);
      return false;
    }
  }
  sweep(*directory);
  if (auto done = replace_document(*directory, file, text); !done) return done.error();
  if (!old->file) fsync(components->get());  // the directory of the component is new as well
  return true;
}

Result<bool> ComponentStore::remove(const StoreLock& /*held*/, const std::string& id) const {
  if (auto good = check_component_id(id); !good) return good.error();
  const auto components = open_components(home_, false);
  if (!components) return components.error();
  if (!*components) return false;
  const std::string file = path(id);
  const auto directory =
      open_directory(*components, id.c_str(), file.substr(0, file.rfind('/')), false);
  if (!directory) return directory.error();
  if (!*directory) return false;
  const auto old = open_document(*directory, file);
  if (!old) return old.error();
  if (!old->file) return false;
  if (unlinkat(directory->get(), kFile, 0) != 0)
    return file_error(ErrorKind::io, "cannot remove", file, errno);
  sweep(*directory);
  if (fsync(directory->get()) != 0)
    return file_error(ErrorKind::io, "cannot make durable", file, errno);
  unlinkat(components->get(), id.c_str(), AT_REMOVEDIR);  // stays if something else is kept in it
  return true;
}

}  // namespace mqfail
