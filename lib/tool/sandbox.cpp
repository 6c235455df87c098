// SPDX-License-Identifier: Apache-2.0
#include "tool/sandbox.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/descriptor.hpp"

namespace mqfail {
namespace {

// -- Landlock: files

constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14U;  // newer than Debian 12's header

constexpr std::uint64_t kInFile = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kInFolder = kInFile | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO;
constexpr std::uint64_t kGivenUp =
    kInFolder | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

// The rights that a kernel with this version of Landlock knows.
std::uint64_t known(long version) {
  std::uint64_t rights = kGivenUp;
  if (version < 3) rights &= ~kTruncate;
  if (version < 2) rights &= ~std::uint64_t{LANDLOCK_ACCESS_FS_REFER};
  return rights;
}

Descriptor open_path(const std::string& path) {
  return Descriptor(open(path.c_str(), O_PATH | O_CLOEXEC));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// What cannot be allowed, such as a pipe, needs no rule.
void allow(const Descriptor& rules, const Descriptor& place, std::uint64_t rights) {
  const landlock_path_beneath_attr beneath{rights, place.get()};
  syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
}

void allow(const Descriptor& rules, std::string path, std::uint64_t rights) {
  struct stat status {};
  if (const Descriptor place = open_path(path); place && fstat(place.get(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return allow(rules, place, rights & kInFolder);
    allow(rules, place, rights & kInFile);
  }
  while (path != "." && path != "/") {
    path = folder_of(path);
    if (const Descriptor place = open_path(path)) return allow(rules, place, rights & kInFolder);
  }
}

void restrict_files(const std::vector<std::string>& written) {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;
  const std::uint64_t rights = known(version);
  const std::uint64_t handled[] = {rights};  // the first member of landlock_ruleset_attr
  const Descriptor rules(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, handled, sizeof handled, 0)));
  if (!rules) return;
  for (const std::string& path : written) allow(rules, path, rights);
  syscall(SYS_landlock_restrict_self, rules.get(), 0);
}

// -- seccomp: system calls

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // the numbers of its calls are not checked
#endif

// Other programs and processes, the kernel itself, keys, and io_uring, which passes a filter by.
constexpr std::array<std::uint32_t, 31> kRefused = {SYS_execve,
                                                    SYS_execveat,
                                                    SYS_ptrace,
                                                    SYS_process_vm_readv,
                                                    SYS_process_vm_writev,
                                                    SYS_pidfd_getfd,
                                                    SYS_kcmp,
                                                    SYS_setns,
                                                    SYS_unshare,
                                                    SYS_chroot,
                                                    SYS_pivot_root,
                                                    SYS_mount,
                                                    SYS_umount2,
                                                    SYS_swapon,
                                                    SYS_swapoff,
                                                    SYS_reboot,
                                                    SYS_kexec_load,
                                                    SYS_init_module,
                                                    SYS_finit_module,
                                                    SYS_delete_module,
                                                    SYS_bpf,
                                                    SYS_perf_event_open,
                                                    SYS_userfaultfd,
                                                    SYS_add_key,
                                                    SYS_request_key,
                                                    SYS_keyctl,
                                                    SYS_acct,
                                                    SYS_open_by_handle_at,
                                                    SYS_io_uring_setup,
                                                    SYS_io_uring_enter,
                                                    SYS_io_uring_register};

constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | 1U;  // EPERM

constexpr sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter jump(unsigned test, std::uint32_t value, std::size_t yes, std::size_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value,
                  static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no));
}

// Calls of another architecture, and those of x32, are refused as well.
constexpr auto filter() {
  std::array<sock_filter, kRefused.size() + 6> code{};
  const std::size_t refuse = code.size() - 1;
  code[0] = load(offsetof(seccomp_data, arch));
  code[1] = jump(BPF_JEQ, kArchitecture, 0, refuse - 2);
  code[2] = load(offsetof(seccomp_data, nr));
  code[3] = jump(BPF_JGE, 0x40000000U, refuse - 4, 0);
  for (std::size_t i = 0; i < kRefused.size(); ++i)
    code[i + 4] = jump(BPF_JEQ, kRefused[i], refuse - (i + 5), 0);
  code[refuse - 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[refuse] = BPF_STMT(BPF_RET | BPF_K, kRefuse);
  return code;
}

void restrict_calls() {
  if (kArchitecture == 0) return;
  static constexpr auto kCode = filter();
  auto code = kCode;
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

}  // namespace

void enter_sandbox(const std::vector<std::string>& written) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  restrict_files(written);
  restrict_calls();
}

}  // namespace mqfail
