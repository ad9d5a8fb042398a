/* What the shim leaves in its folder, and the clocks. Files appear by rename: never half of one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

int64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t wall_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static ssize_t read_text(const char* path, char* to, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = read(fd, to, size - 1);
  close(fd);
  if (n >= 0) to[n] = 0;
  return n;
}

unsigned long long start_time(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_text(path, text, sizeof text) <= 0) return 0;
  const char* at = strrchr(text, ')'); /* the name before it may hold anything */
  if (at == NULL) return 0;
  /* Field 3 follows ") "; the start time is field 22. */
  at += 1;
  for (int field = 3; field <= 22; ++field) {
    at = strchr(at, ' ');
    if (at == NULL) return 0;
    ++at;
  }
  return strtoull(at, NULL, 10);
}

int write_file(const char* name, const char* text, size_t length) {
  char temporary[32];
  snprintf(temporary, sizeof temporary, "%s.new", name);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  ssize_t n = write(fd, text, length);
  int error = n < 0 ? errno : ENOSPC;
  close(fd);
  if (n != (ssize_t)length) {
    unlink(temporary);
    errno = error;
    return -1;
  }
  return rename(temporary, name);
}

int write_pids(pid_t child) {
  char boot[64] = "", text[256];
  if (read_text("/proc/sys/kernel/random/boot_id", boot, sizeof boot) < 0) boot[0] = 0;
  boot[strcspn(boot, "\n")] = 0;
  int n = snprintf(text, sizeof text, "boot %s\nshim %d %llu\nchild %d %llu\n", boot, (int)getpid(),
                   start_time(getpid()), (int)child, child > 0 ? start_time(child) : 0ULL);
  return write_file("pid", text, (size_t)n);
}

int write_exit(const struct shim* shim) {
  char text[256];
  int n = snprintf(text, sizeof text, "status %d\nstarts %u\nstarted_us %lld\nended_us %lld\n",
                   shim->exit_status, shim->starts, (long long)shim->started_us,
                   (long long)shim->ended_us);
  return write_file("exit", text, (size_t)n);
}

int open_log(struct shim* shim) {
  shim->log_fd = open("out.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (shim->log_fd < 0) return -1;
  off_t size = lseek(shim->log_fd, 0, SEEK_END);
  shim->log_size = size > 0 ? (uint64_t)size : 0;
  return 0;
}

static void rotate(struct shim* shim) {
  if (rename("out.log", "out.log.1") != 0) return;
  close(shim->log_fd);
  if (open_log(shim) != 0) shim->log_fd = -1;
}

/* Takes what the child wrote. What the disk refuses is dropped and counted: a full disk must not
 * block a service. */
void take_output(struct shim* shim) {
  static char buffer[64 * 1024];
  for (int turn = 0; turn < 16; ++turn) {
    ssize_t n = read(shim->output[0], buffer, sizeof buffer);
    if (n <= 0) return;
    if (shim->log_size > 0 && shim->log_size + (uint64_t)n > shim->spec.log_bytes) rotate(shim);
    if (shim->log_fd < 0) open_log(shim);
    ssize_t kept = shim->log_fd < 0 ? 0 : write(shim->log_fd, buffer, (size_t)n);
    if (kept < 0) kept = 0;
    shim->log_size += (uint64_t)kept;
    shim->dropped += (uint64_t)(n - kept);
  }
}
