/* The listening sockets that a proxy inherits, and the shim's own door. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim.h"

/* "127.0.0.1:8080", "[::1]:8080", "*:8080", ":8080", "localhost:8080": numbers only, so that a
 * start never waits for a name server. */
static int parse_address(const char* text, struct sockaddr_storage* address, socklen_t* length) {
  char host[64];
  const char* colon = strrchr(text, ':');
  if (colon == NULL || (size_t)(colon - text) >= sizeof host) return -1;
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = 0;
  char* end = NULL;
  long port = strtol(colon + 1, &end, 10);
  if (end == colon + 1 || *end != 0 || port < 1 || port > 65535) return -1;

  memset(address, 0, sizeof *address);
  size_t n = strlen(host);
  if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
    host[n - 1] = 0;
    struct sockaddr_in6* six = (struct sockaddr_in6*)address;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    *length = sizeof *six;
    return inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1 ? 0 : -1;
  }
  struct sockaddr_in* four = (struct sockaddr_in*)address;
  four->sin_family = AF_INET;
  four->sin_port = htons((uint16_t)port);
  *length = sizeof *four;
  const char* name = host;
  if (n == 0 || strcmp(host, "*") == 0) name = "0.0.0.0";
  if (strcmp(host, "localhost") == 0) name = "127.0.0.1";
  return inet_pton(AF_INET, name, &four->sin_addr) == 1 ? 0 : -1;
}

int open_listener(const char* text) {
  struct sockaddr_storage address;
  socklen_t length = 0;
  if (parse_address(text, &address, &length) != 0) {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr*)&address, length) != 0 || listen(fd, 4096) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

/* Another process's open file under a descriptor of our own: the same socket, with whoever waits in
 * its queue. The system asks for the right to trace that process. */
int take_descriptor(pid_t pid, int number) {
  int handle = (int)syscall(SYS_pidfd_open, pid, 0);
  if (handle < 0) return -1;
  int fd = (int)syscall(SYS_pidfd_getfd, handle, number, 0);
  int error = errno;
  close(handle);
  errno = error;
  return fd;
}

int open_door(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "sock"};
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  unlink("sock");
  mode_t before = umask(0177);
  int bound = bind(fd, (struct sockaddr*)&address, sizeof address);
  umask(before);
  if (bound != 0 || listen(fd, kClients) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}
