// Every queue, list, payload and label has a named maximum. What the user can exceed becomes a
// diagnostic; what only a fault can exceed becomes a CHECK.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace slipway::limits {

inline constexpr std::size_t kConfigBytes = 256 * 1024;  // one configuration file
inline constexpr int kConfigDepth = 32;                  // nesting of maps and lists
inline constexpr std::size_t kConfigNodes = 20'000;      // after anchors were expanded
inline constexpr std::size_t kDiagnostics = 100;         // reported at once
inline constexpr std::size_t kRecordBytes =
    64 * 1024;                               // one journal record (revisions: kConfigBytes)
inline constexpr int kSnapshotEvery = 256;   // records of a site between snapshots
inline constexpr int kSnapshotSoonest = 40;  // with so many sites that a start would be long
inline constexpr std::size_t kTailsTogether = 200'000;  // records of all sites that a start replays
inline constexpr std::size_t kBatchEvents = 1'000;      // events of one group commit
inline constexpr Duration kBatchTime = std::chrono::milliseconds(5);
inline constexpr std::size_t kBallastBytes = 16 * 1024 * 1024;
inline constexpr int kReplicas = 512;
inline constexpr int kStages = 64;
inline constexpr int kSteps = 512;
inline constexpr std::size_t kVersionLength = 128;
inline constexpr std::size_t kStory = 256;        // entries kept of one deployment's story
inline constexpr std::size_t kVerdictsKept = 64;  // changes of verdict kept in the deployment
inline constexpr std::size_t kTailLines = 20;     // last output lines kept of an instance
inline constexpr int kAttempts = 5;               // of one command
inline constexpr Duration kRetryBase = std::chrono::seconds(1);
inline constexpr Duration kPauseMax = std::chrono::hours(24);
inline constexpr std::int32_t kWeightSum = 10'000;  // basis points

}  // namespace slipway::limits
