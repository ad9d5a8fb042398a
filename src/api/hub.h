// What the server's connections share: the io thread, the workers for what blocks, the limits, and
// the bell that wakes streams of events. Everything here but the constructor runs on the io thread.
#pragma once

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "api/office.h"
#include "api/simulation.h"

namespace slipway::api {

inline constexpr std::size_t kConnections = 1024;
inline constexpr std::size_t kHeaderBytes = 16 * 1024;
inline constexpr std::size_t kBodyBytes = 1024 * 1024;
inline constexpr std::chrono::seconds kRequestTime{10};  // from its first byte to its last
inline constexpr std::chrono::seconds kIdleTime{60};     // between two requests
inline constexpr std::chrono::seconds kWriteTime{30};    // of one answer, one part of a stream
inline constexpr std::chrono::seconds kCommentEvery{15};

using Socket = boost::asio::generic::stream_protocol::socket;

class Connection;

// What comes after a place, as it was read once for all streams that stand there.
struct EventPiece {
  std::uint64_t after = 0, newest = 0;
  std::vector<views::EventLine> lines;
  std::vector<std::string> texts;  // of lines that some stream took; the others are empty

  const std::string& text(std::size_t n);
};

struct Hub {
  Hub(Office& o, int threads)
      : office(o),
        workers(static_cast<std::size_t>((threads < 4 ? 4 : threads) + kSimulationsAtOnce)) {}

  Office& office;
  std::set<Connection*> connections;
  // Streams that wait: for events alone, and for counts of a deployment too.
  std::set<boost::asio::steady_timer*> sleepers, watching;
  std::size_t handshakes = 0;          // TLS connections that are not served yet
  std::atomic<bool> stopping = false;  // set on the io thread
  // After the sets: connections that end with it still leave them.
  boost::asio::io_context io{1};
  // So many more as may wait for a simulation: the others find as many as without.
  boost::asio::thread_pool workers;

  void ring(bool events);  // events came, or the end; else counts alone
  std::shared_ptr<EventPiece> after(std::uint64_t place);

 private:
  std::shared_ptr<EventPiece> piece_;  // the last that was asked for
};

// Serves one accepted connection until it ends.
void serve(Hub&, Socket, Caller);
// Idle connections end now, busy ones after their answer.
void end_idle(Hub&);

}  // namespace slipway::api
