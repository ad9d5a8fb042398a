// A blocking connection and the little HTTP/1.1 that the client needs: heads, lengths, chunks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace slipway::api {

class TlsClient;

class Wire {
 public:
  static Result<Wire> unix_socket(const std::string& path);
  static Result<Wire> tcp(const std::string& host, const std::string& port);
  // From here on in TLS; see TlsClient::over.
  Result<> secure(const std::string& host, const std::string& authorities);
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&& other) noexcept;
  ~Wire();

  Result<> write(std::string_view bytes);
  // Bytes up to and with `end`, taken from the stream; Fault::timeout when they did not come.
  Result<std::string> until(std::string_view end, Duration wait, std::size_t most);
  Result<std::string> exactly(std::size_t bytes, Duration wait);
  Result<std::string> to_the_end(Duration wait, std::size_t most);

 private:
  explicit Wire(int fd) : fd_(fd) {}
  // Reads more into the buffer; false at the end of the stream.
  Result<bool> more(Duration wait);
  int fd_ = -1;
  std::string buffer_;
  std::shared_ptr<TlsClient> tls_;  // null: in the clear
};

struct Head {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string field(std::string_view name) const;
};
Result<Head> parse_head(const std::string& bytes);

}  // namespace slipway::api
