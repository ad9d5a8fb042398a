// One request as the proxy saw it (dataplane page, "Log row"). Times are the proxy's wall clock in
// microseconds.
#pragma once

#include <cstdint>
#include <string>

namespace slipway {

struct Row {
  std::uint64_t offset = 0;  // of the byte after the row, in the row file
  std::string site;          // the frontend's name: SiteId::name()
  std::string assigned;      // version label meant by the split
  std::string served;        // version label whose instance answered
  std::string server;        // s1, fb1, <NOSRV>
  char why = 'S';            // S split, P preview, H host, C cookie, F failed over
  int bucket = -1;           // 0..9999 of the split; with sticky routing it stands for the client
  int status = 0;
  std::string termination;  // HAProxy's %tsc
  std::uint32_t retries = 0;
  std::int64_t end_us = 0;    // wall
  std::int64_t total_us = 0;  // from the request's headers to the end of the answer
};

// What became of a request; each row is one of these.
enum class RowKind : std::uint8_t { ok, left, failed };

}  // namespace slipway
