// A process under its own slipway-shim: it survives the agent, is found again with its exit status
// and last lines, and nothing that ran is run twice.
//
// A shim lives in a folder of its own (mode 0700): `spec` (what it runs), `sock` (status and
// signals), `pid` (with start times, against recycled numbers), `lock` (held while it lives),
// `exit` (status, by rename), `out.log` and `out.log.1` (rotated by size). It leaves when its child
// ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/processes.h"

namespace slipway::os {

struct ShimSpec {
  std::string directory;                                 // of the shim; made when missing
  std::vector<std::string> argv;                         // argv[0] found by PATH of `env`
  std::vector<std::pair<std::string, std::string>> env;  // the whole environment
  std::string workdir;
  std::string user_data;              // kept in `spec`, given back on adopt
  std::uint64_t log_bytes = 8 << 20;  // of one output file
  // For a proxy: sockets bound and listening as descriptors 10, 11, … and a file opened
  // O_APPEND|O_CREAT 0600 as descriptor 9; both survive restarts of the child.
  std::vector<std::string> listen;  // "127.0.0.1:8080"
  std::string append_file;
  bool keep_running = false;  // start the child again within 100 ms when it dies
  // An orphan (its shim was killed) whose sockets and file are taken over as they are instead of
  // being opened. It runs on beside the new child: whoever starts this tells it to make way.
  pid_t take_from = 0;
  Process adopt;  // set by guard()
};

struct ShimStatus {
  pid_t shim = 0;
  pid_t child = 0;              // 0: ended
  std::optional<int> exit;      // code, or -signal
  std::uint32_t starts = 0;     // of the child
  std::int64_t started_us = 0;  // wall, of the child's newest start
  std::int64_t down_us = 0;     // of the newest restart: from the death to the new start
};

class Shim {
 public:
  // Starts a shim (found beside the running program, or by SLIPWAY_SHIM). Secrets in `env` are
  // handed over by a pipe, never by file or argument. Under systemd as a transient unit in
  // slipway.slice, elsewhere by setsid.
  static Result<Shim> start(const ShimSpec&);
  // Finds a running or ended one by its folder. Fault::missing when there is none.
  static Result<Shim> adopt(const std::string& directory);
  // When a shim was killed its child lives on. Its pid, checked against its start time and the
  // boot; 0: there is none, or its shim lives.
  static pid_t orphan(const std::string& directory);
  // Gives such an orphan a shim again, in the same folder: it is watched, signalled and read as
  // before; its exit status will stay unknown (255), since it is no child. Fault::missing: there is
  // none. `spec` describes what runs; its environment is not used.
  static Result<Shim> guard(ShimSpec spec);
  // Ends such an orphan with its process group and session; does nothing to what has a shim. It
  // gets `signal` first and `grace` to go, then it is killed. start() does this first, so that
  // nothing runs twice. Fault::timeout when it does not die within 5 s of the kill.
  static Result<> clear(const std::string& directory, int signal = 9, Duration grace = {});

  Result<ShimStatus> status() const;
  Result<> signal(int number) const;                  // to the child's whole process group
  Result<> listen(const std::string& address) const;  // one more descriptor, the next number
  // Runs these instead, from now on. leave_signal 0: the old child's group is killed first. Else
  // the new child starts beside the old one (both have the listening sockets), which then gets that
  // signal and may finish; what is left of it is killed by end(). On failure the old argv stays.
  Result<> replace(const std::vector<std::string>& argv, int leave_signal = 0) const;
  Result<> end() const;  // the child's group is killed, the shim ends
  std::vector<std::string> tail(std::size_t lines) const;  // of the output
  std::string user_data() const { return user_data_of(directory_); }
  static std::string user_data_of(const std::string& directory);  // of any folder; empty: none
  // False: nothing can ever have been started here, whoever made the folder died before that.
  static bool was_begun_in(const std::string& directory);
  const std::string& directory() const { return directory_; }
  // Readable when the shim's child ended or restarted (a connection to `sock` in watch mode).
  Result<int> watch_fd() const;

 private:
  explicit Shim(std::string directory) : directory_(std::move(directory)) {}
  std::string directory_;
};

// The shim's program: what SLIPWAY_SHIM names, beside this one, or in ../lib/slipway.
std::string shim_program();

}  // namespace slipway::os
