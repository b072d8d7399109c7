// Every number that decides whether something passes, is steady or is worth a warning. They live here alone, and none
// is ever read from a bundle.
#pragma once

#include <cstddef>
#include <cstdint>

#include "convnext/base/base.h"

namespace convnext {

// An image passes below this max |error| / max |reference|, in percent. A run may only tighten it.
inline constexpr double kThresholdPct = 1;

// How far this program's own code may be from the truth, in percent (DESIGN.md, Precision). The reference loses only
// the rounding of its result to float32. Two machines may both be off by that much.
inline constexpr double kCpuBoundPct = 2e-4, kReferenceBoundPct = 1.2e-5, kBfloat16BoundPct = kThresholdPct;
inline constexpr double kRerunCpuPct = 2 * kCpuBoundPct, kRerunReferencePct = 2 * kReferenceBoundPct;
// In bfloat16 two orders of summation round some activations to neighbours, 0.4 % apart (measured between SIMD targets:
// 0.03 % on the small trained model, 0.5 % on heavy-tailed weights). One SIMD target gives the same bits everywhere.
inline constexpr double kRerunBfloat16Pct = 2 * kBfloat16BoundPct;

// How far an NPU's float32 embeddings of one picture may be apart in two batch sizes, in percent.
inline constexpr double kBatchPct = 0.1;

// A bundle's times take at least so many runs at each batch size. No option may ask for more than kMaxRuns: a run must
// end.
inline constexpr size_t kMinRuns = 5, kMinWarmup = 1;
inline constexpr int64_t kMaxRuns = 100'000;

// What may be asked of a measurement: runs, runs to warm up, seconds.
inline constexpr Bounds<int64_t> kRunCounts{1, kMaxRuns}, kWarmupCounts{0, kMaxRuns};
inline constexpr Bounds<double> kMinTimes{0, 86'400};  // seconds

// Where a least time was asked for, runs that end before kMaxRuns fill this part of it: a little passes between them.
inline constexpr double kTimedPart = 0.5;

// The most that a steady series of times may vary and drift by.
inline constexpr double kStableVariation = 0.05, kStableDrift = 0.05;

// A ratio of two measurements of one time that no noise explains.
inline constexpr double kNoise = 1.5;

// Inputs that are repeated may be faster by this part; beyond it something caches results.
inline constexpr double kRepeatedSpeedup = 0.1;

// The system clock and the steady clock agree on a phase to this part or this much, whichever is more.
inline constexpr double kClockAgreement = 0.01, kClockSlackNs = 5e7;

// A device's clock may say of a run this much more than the host's: a factor and an amount.
inline constexpr double kDeviceClockFactor = 1.01, kDeviceClockSlackNs = 1e5;

// A timestamp is in some time zone: from -12 to +14 hours, in quarters of an hour. It was read within this time of the
// system clock. The phases of one sitting begin within a few hours.
inline constexpr double kWesternZoneSec = -12 * 3600, kEasternZoneSec = 14 * 3600, kZoneStepSec = 900;
inline constexpr double kTimestampSlackSec = 2, kOneSittingHours = 6;

// More than any device does: cycles a second of a core, multiplications and additions a second of an NPU (2026: below
// 1e15), bytes a second of a bus, a disk's cache or a decoder.
inline constexpr double kMostCyclesPerSecond = 7e9, kMostNpuOperationsPerSecond = 4e15, kMostBytesPerSecond = 1e12;

// Texts without raw data: a throughput follows from a mean time that was rounded, figures follow from figures that are
// printed in full, and a cosine may pass 1 by rounding.
inline constexpr double kRoundedTime = 1e-3, kPrintedInFull = 1e-9, kCosineSlack = 1e-6;

// The file that `convnext synth --architecture convnext_base.clip_laion2b --seed 0` writes.
inline constexpr const char* kSyntheticWeightsSha256 =
    "3a8a90641974029ae0b894e7efca0a9a01e6c30a6094db4b5ebe19e92f98dbd2";

}  // namespace convnext
