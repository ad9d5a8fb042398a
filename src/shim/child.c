/* Starts the child, learns of its end, and finds what it left behind. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim.h"

extern char** environ;

struct report {
  int error;
  char stage;
};

/* Runs in the child, which has one thread and whose other descriptors close at exec. */
static void place_descriptors(const struct shim* shim, int* report_fd) {
  int above = kFirstListener + shim->socket_count + 1;
  *report_fd = fcntl(*report_fd, F_DUPFD_CLOEXEC, above);
  int output = fcntl(shim->output[1], F_DUPFD_CLOEXEC, above);
  int append = shim->append_fd < 0 ? -1 : fcntl(shim->append_fd, F_DUPFD_CLOEXEC, above);
  int moved[kListeners];
  for (int i = 0; i < shim->socket_count; ++i) {
    moved[i] = fcntl(shim->sockets[i], F_DUPFD_CLOEXEC, above);
  }
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, 0);
  dup2(output, 1);
  dup2(output, 2);
  if (append >= 0) dup2(append, kAppendFd);
  for (int i = 0; i < shim->socket_count; ++i) dup2(moved[i], kFirstListener + i);
}

static void run(const struct shim* shim, char** argv, int gate, int report_fd) {
  struct report report = {0, 'x'};
  setpgid(0, 0);
  char go = 0;
  /* Until the pid is on disk nothing may run: a shim killed now leaves nothing behind. */
  if (read(gate, &go, 1) != 1) _exit(127);
  place_descriptors(shim, &report_fd);
  for (int number = 1; number < 65; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (shim->spec.workdir != NULL && *shim->spec.workdir && chdir(shim->spec.workdir) != 0) {
    report.stage = 'w';
  } else {
    environ = shim->spec.env;
    execvp(argv[0], argv);
  }
  report.error = errno;
  ssize_t ignored = write(report_fd, &report, sizeof report);
  (void)ignored;
  _exit(127);
}

static int start_failed(struct failure* failure, char stage, int error) {
  const char* text = stage == 'w' ? "workdir" : stage == 'x' ? "exec" : "start";
  snprintf(failure->stage, sizeof failure->stage, "%s", text);
  failure->error = error;
  return -1;
}

/* The child's number is written down, then it may go; 0 when its exec succeeded. */
static int let_go(pid_t pid, int gate, int report_fd, struct failure* failure) {
  int wrote = write_pids(pid);
  int error = errno;
  if (wrote == 0) {
    ssize_t ignored = write(gate, "g", 1);
    (void)ignored;
  }
  close(gate);
  struct report report = {0, 0};
  ssize_t n;
  do {
    n = read(report_fd, &report, sizeof report);
  } while (n < 0 && errno == EINTR);
  close(report_fd);
  if (wrote == 0 && n == 0) return 0;
  waitpid(pid, NULL, 0);
  if (wrote != 0) return start_failed(failure, 's', error);
  return start_failed(failure, report.stage, report.error);
}

int start_child(struct shim* shim, char** argv, struct failure* failure) {
  int gate[2], report[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return start_failed(failure, 's', errno);
  if (pipe2(report, O_CLOEXEC) != 0) {
    int error = errno;
    close(gate[0]);
    close(gate[1]);
    return start_failed(failure, 's', error);
  }
  pid_t pid = fork();
  if (pid == 0) {
    close(gate[1]);
    run(shim, argv, gate[0], report[1]);
  }
  int error = errno;
  close(gate[0]);
  close(report[1]);
  if (pid < 0) {
    close(gate[1]);
    close(report[0]);
    return start_failed(failure, 's', error);
  }
  setpgid(pid, pid);
  if (let_go(pid, gate[1], report[0], failure) != 0) return -1;
  shim->child = shim->group = pid;
  shim->asked = 0;
  shim->starts += 1;
  shim->started_us = wall_us();
  shim->born_ms = monotonic_ms();
  return 0;
}

/* Its pipe has had no reader since its shim was killed; opened by name it is the same pipe. */
static void open_output_of(struct shim* shim, pid_t pid) {
  for (int number = 1; number <= 2; ++number) {
    char path[64];
    struct stat about;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, number);
    if (stat(path, &about) != 0 || !S_ISFIFO(about.st_mode)) continue;
    int from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int to = from < 0 ? -1 : open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (to >= 0) {
      dup3(from, shim->output[0], O_CLOEXEC);
      dup3(to, shim->output[1], O_CLOEXEC);
      close(to);
    }
    if (from >= 0) close(from);
    if (to >= 0) return;
  }
}

int adopt_child(struct shim* shim, struct failure* failure) {
  pid_t pid = shim->spec.adopt;
  shim->child_handle = (int)syscall(SYS_pidfd_open, pid, 0);
  if (shim->child_handle < 0 || start_time(pid) != shim->spec.adopt_start) {
    return start_failed(failure, 's', ESRCH);
  }
  if (write_pids(pid) != 0) return start_failed(failure, 's', errno);
  open_output_of(shim, pid);
  shim->child = shim->group = pid;
  shim->starts = 1;
  shim->started_us = wall_us();
  shim->born_ms = monotonic_ms();
  return 0;
}

/* Of an adopted child only its end can be seen. */
static void look_at_adopted(struct shim* shim) {
  struct pollfd ended = {.fd = shim->child_handle, .events = POLLIN};
  if (shim->child_handle < 0 || poll(&ended, 1, 0) <= 0) return;
  close(shim->child_handle);
  shim->child_handle = -1;
  shim->child = shim->group = 0;
  shim->has_exit = 1;
  shim->exit_status = kUnknownExit;
  shim->ended_us = wall_us();
  shim->died_ms = monotonic_ms();
}

/* Collects what ended. The child's group is killed before its number is given back, so that no
 * stranger can have it. A child that was asked to end leaves the others of its group to finish. */
void reap(struct shim* shim) {
  look_at_adopted(shim);
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (info.si_pid == shim->child && (!shim->asked || shim->ending || shim->spec.keep_running)) {
      kill(-shim->child, SIGKILL);
    }
    int status = 0;
    if (waitpid(info.si_pid, &status, 0) != info.si_pid) return;
    if (info.si_pid != shim->child) continue;
    shim->child = 0;
    shim->has_exit = 1;
    shim->exit_status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    shim->ended_us = wall_us();
    shim->died_ms = monotonic_ms();
  }
}

/* Others of the child's group that may still be finishing what they were asked to end. */
int group_lives(const struct shim* shim) { return shim->group > 0 && kill(-shim->group, 0) == 0; }

int anything_left(void) {
  siginfo_t info = {0};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static pid_t parent_of(pid_t pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return 0;
  text[n] = 0;
  const char* at = strrchr(text, ')');
  return at == NULL || strlen(at) < 5 ? 0 : (pid_t)atoi(at + 4);
}

/* Kills the shim's own children: descendants whose parents ended come to it (it is a subreaper), so
 * that repeating this reaches all. A child's number cannot be recycled before it is reaped here. */
void kill_rest(void) {
  DIR* proc = opendir("/proc");
  if (proc == NULL) return;
  pid_t self = getpid();
  for (struct dirent* entry = readdir(proc); entry != NULL; entry = readdir(proc)) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    pid_t pid = (pid_t)atoi(entry->d_name);
    if (pid != self && parent_of(pid) == self) kill(pid, SIGKILL);
  }
  closedir(proc);
}
