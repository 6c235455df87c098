// SPDX-License-Identifier: Apache-2.0
// A damaged spool: the database, its log or the state is not what mqfail-pub left. The input is
// where bytes differ. Laws: it opens or says why, in words that may be shown; each message that is
// loaded was stored, once and in order; what is missing is counted; what is stored then is there.
#include "publish/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMessages = 20;
constexpr std::array<const char*, 3> kFiles{"messages.db", "messages.db-wal", "state"};
const std::string kId(32, 'a');

std::string payload_of(std::uint64_t number) {
  return number % 5 == 0 ? "" : "message " + std::to_string(number) + std::string(number * 7, 'x');
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, std::string_view bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = ::write(fd, bytes.data() + done, bytes.size() - done);
    fuzz::law(wrote > 0, "the scratch folder takes a file");
    done += static_cast<std::size_t>(wrote);
  }
  close(fd);
}

Batch batch(std::uint64_t from, std::uint64_t to) {
  Batch all;
  for (std::uint64_t number = from; number <= to; ++number)
    all.add(payload_of(number), number, number);
  return all;
}

// A folder in memory, if there is one, and the files of a run that was killed with messages left.
struct Base {
  Base() {
    std::string name =
        fs::exists("/dev/shm") ? "/dev/shm/mqfail-fuzz-XXXXXX" : "/tmp/mqfail-fuzz-XXXXXX";
    fuzz::law(mkdtemp(name.data()) != nullptr, "a scratch folder");
    folder = name;
    auto spool = Spool::open(folder, "t", kId);
    fuzz::law(static_cast<bool>(spool), "a spool");
    const Batch first = batch(1, 10), second = batch(11, kMessages);
    (*spool)->store(first, 0, first.size());
    (*spool)->settle(3);
    (*spool)->store(second, 0, second.size());
    for (std::size_t i = 0; i < kFiles.size(); ++i) files[i] = read(fs::path(folder) / kFiles[i]);
  }
  ~Base() { fs::remove_all(folder); }
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;

  std::string folder;
  std::array<std::string, 3> files;
};

void check(Spool& spool) {
  for (const std::string& finding : spool.findings()) fuzz::law_shown(finding);
  fuzz::law(spool.settled() <= spool.last(), "no more is settled than there is");
  std::uint64_t last = spool.settled();
  for (int rounds = 0; last < spool.last() && rounds < 100; ++rounds) {
    Batch some;
    Spool::Passed passed;
    if (spool.load(last, 64, some, passed) != Spool::Outcome::done) {
      fuzz::law(!spool.trouble().empty(), "trouble has words");
      return;
    }
    const std::uint64_t gone = passed.settled + passed.damaged;
    fuzz::law(gone + some.size() <= spool.last() - last, "no more is passed than there is");
    if (some.empty() && gone == 0) return;
    for (std::uint64_t i = 0, before = last; i < some.size(); ++i) {
      const Batch::Record& record = some.at(i);
      fuzz::law(record.number > before, "in order, each once");
      before = record.number;
      // A payload and its checksum may be changed together: that is no damage but another message.
      fuzz::law(some.payload(record).size() <= 65536, "no message is made up of the file");
    }
    last += gone + some.size();
  }
  if (spool.last() > 1U << 30U) return;
  const std::uint64_t number = spool.last() + 1;
  Batch one;
  one.add("new", number, number);
  if (spool.store(one, 0, 1) != Spool::Outcome::done) return;
  fuzz::law(spool.last() == number, "it is the last one");
  Batch again;
  Spool::Passed passed;
  if (spool.load(number - 1, 64, again, passed) != Spool::Outcome::done) return;
  if (passed.damaged != 0) return;
  fuzz::law(again.size() == 1 && again.payload(again.at(0)) == "new", "what is stored is there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Base base;
  fuzz::Input input(data, size);
  std::array<std::string, 3> files = base.files;
  while (!input.rest().empty()) {
    const unsigned choice = input.byte();
    std::string& file = files[choice % 3];
    const std::size_t at = (input.byte() << 8U | input.byte()) % (file.size() + 1);
    const auto value = static_cast<char>(input.byte());
    if ((choice & 0x80U) != 0) {
      file.resize(at);  // the disk has lost the rest
    } else if (at < file.size()) {
      file[at] = value;
    }
  }
  for (std::size_t i = 0; i < kFiles.size(); ++i)
    write(fs::path(base.folder) / kFiles[i], files[i]);
  auto spool = Spool::open(base.folder, "t", kId);
  if (!spool) {
    fuzz::law_error(spool.error());
    return 0;
  }
  check(**spool);
  return 0;
}
