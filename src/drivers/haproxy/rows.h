// Reads the proxy's append-only row file by offset and frees what was recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::haproxy {

class RowFile {
 public:
  explicit RowFile(std::string path);
  ~RowFile();
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  // Gives each full line from `offset` on to `line` with the offset after it; returns how many.
  // A file that was replaced (another inode) is read from its start; a part that was freed is
  // passed over. The caller goes on at the offset of the last line. Fault::missing: no file yet.
  Result<std::uint64_t> read(
      std::uint64_t offset,
      const std::function<void(std::string_view line, std::uint64_t end)>& line);
  Result<> free_before(std::uint64_t offset);  // hole punching; rounds down to a page
  // Of the file that the next read() reads, also before the first; 0: none yet.
  std::uint64_t inode() const;
  std::uint64_t size() const;  // of the file that was read last; 0: none

 private:
  bool reopen();
  std::uint64_t open_inode() const;
  std::string path_;
  int fd_ = -1;
  std::uint64_t freed_ = 0;
  std::string buffer_;
};

}  // namespace slipway::haproxy
