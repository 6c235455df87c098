# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by tests/package.sh: boots a folder with a real systemd, in namespaces of its own (processes,
# mounts, network, host name, cgroups). Nothing of this machine is changed. It needs root.

systemd_pid='' systemd_init='' systemd_group=''

# boot ROOT: 1 if no systemd can run here.
boot() {
  local group
  group=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
  [[ $group ]] || return 1
  systemd_group=$group/mqfail-test-$$
  mkdir "$systemd_group" 2>/dev/null || return 1
  (
    echo $BASHPID >"$systemd_group/cgroup.procs"
    # shellcheck disable=SC2016  # the inner shell expands it
    exec unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup bash -euc '
      root=$1
      mount --make-rprivate /
      mount --bind "$root" "$root"
      mount -t proc proc "$root/proc"
      mount --bind "$root/proc/sys" "$root/proc/sys"
      mount -o remount,bind,ro "$root/proc/sys"
      mount -t sysfs -o ro sysfs "$root/sys"
      mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
      for place in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$place"; done
      chmod 1777 "$root/tmp"
      for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
      done
      mkdir -p "$root/dev/shm" "$root/dev/pts" "$root/old"
      mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
      ln -s pts/ptmx "$root/dev/ptmx"
      cd "$root"
      pivot_root . old
      umount -l /old
      rmdir /old
      exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal
    ' bash "$1"
  ) >/dev/null 2>&1 </dev/null &
  systemd_pid=$!
  local end=$((SECONDS + 30))
  while ((SECONDS < end)); do
    kill -0 "$systemd_pid" 2>/dev/null || return 1
    systemd_init=$(pgrep -P "$systemd_pid" || true)
    if [[ $systemd_init ]] && [[ $(in_system systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]; then
      in_network ip link set lo up
      return
    fi
    sleep 0.1
  done
  return 1
}

# Runs a command in that system; the other one runs a command of this machine in its network.
in_system() {
  nsenter -t "$systemd_init" -p -m -n -u -i -C env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}
in_network() { nsenter -t "$systemd_init" -n "$@"; }

halt() {
  if [[ $systemd_pid ]]; then
    kill -KILL "$systemd_pid" 2>/dev/null || true
    wait "$systemd_pid" 2>/dev/null || true
    systemd_pid=''
  fi
  [[ -d $systemd_group ]] || return 0
  local end=$((SECONDS + 10))
  until find "$systemd_group" -depth -type d -exec rmdir {} + 2>/dev/null || ((SECONDS >= end)); do sleep 0.05; done
}
