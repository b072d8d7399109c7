// How the blocks of convnext_base share out among threads: a simulation of the loops of cpu/block.cc.
#include "convnext/cpu/partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace convnext {
namespace {

constexpr TileSize kTile = {12, 32};  // of AVX-512

// The time that `threads` need for parts of these sizes, each taken by the first thread that is free.
double Makespan(int threads, const std::vector<double>& parts) {
  std::vector<double> busy(static_cast<size_t>(threads), 0.0);
  for (const double part : parts) *std::min_element(busy.begin(), busy.end()) += part;
  return *std::max_element(busy.begin(), busy.end());
}

std::vector<int64_t> SplitIntoRuns(int64_t total, int64_t step) {
  std::vector<int64_t> pieces;
  for (int64_t first = 0; first < total; first += step) pieces.push_back(std::min(step, total - first));
  return pieces;
}

double ProductMakespan(int threads, int64_t rows, int64_t K, int64_t columns) {
  const TileSize size = ChooseTileSize(threads, rows, columns, kTile);
  std::vector<double> parts;
  for (const int64_t column : SplitIntoRuns(columns, size.columns)) {
    for (const int64_t row : SplitIntoRuns(rows, size.rows))
      parts.push_back(2.0 * double(row) * double(column) * double(K));
  }
  return Makespan(threads, parts);
}

double PanelMakespan(int threads, int64_t rows, int64_t row_elements, double operations_per_row) {
  std::vector<double> parts;
  for (const int64_t panel : SplitIntoRuns(rows, PanelRows(threads, rows, 4 * row_elements)))
    parts.push_back(double(panel) * operations_per_row);
  return Makespan(threads, parts);
}

// The makespan of a block of C channels with `rows` rows.
double BlockMakespan(int threads, int64_t rows, int64_t C) {
  const double products = 16.0 * double(C) * double(C), depthwise = 98.0 * double(C);  // operations of a row
  if (!IsByColumns(threads, rows)) return PanelMakespan(threads, rows, 2 * C + 256, products + depthwise);
  return PanelMakespan(threads, rows, C, depthwise) + ProductMakespan(threads, rows, C, 4 * C) +
         ProductMakespan(threads, rows, 4 * C, C);
}

// The makespan of a downsampling's convolution to C channels and `rows` rows: 2 C inputs, four pixels of C / 2
// channels.
double DownsampleMakespan(int threads, int64_t rows, int64_t C) {
  if (IsByColumns(threads, rows)) return ProductMakespan(threads, rows, 2 * C, C);
  return PanelMakespan(threads, rows, 2 * C, 4.0 * double(C) * double(C));
}

constexpr struct Stage {
  int64_t C, rows, blocks;
} kStages[] = {{128, 4096, 3}, {256, 1024, 3}, {512, 256, 27}, {1024, 64, 3}};  // of one picture of 256x256

double StageMakespan(int threads, int64_t batch, const Stage& stage) {
  const int64_t rows = stage.rows * batch;
  const double first = stage.C == 128 ? PanelMakespan(threads, rows, 48, 2.0 * 48 * 128)  // the stem
                                      : DownsampleMakespan(threads, rows, stage.C);
  return first + double(stage.blocks) * BlockMakespan(threads, rows, stage.C);
}

// The share of the threads' time in which they compute. One thread never waits.
double Balance(int threads, int64_t batch, const Stage& stage) {
  return StageMakespan(1, batch, stage) / (threads * StageMakespan(threads, batch, stage));
}

double OverallBalance(int threads, int64_t batch) {
  double work = 0, time = 0;
  for (const Stage& stage : kStages) {
    work += StageMakespan(1, batch, stage);
    time += StageMakespan(threads, batch, stage);
  }
  return work / (threads * time);
}

TEST(Partition, KeepsManyThreadsBusy) {
  for (const int64_t batch : {1, 4, 16}) {
    for (const int threads : {1, 2, 3, 4, 8, 16, 32, 48, 64}) {
      std::printf("batch %2d, %2d threads: stages", int(batch), threads);
      for (const Stage& stage : kStages) std::printf(" %3.0f %%", 100 * Balance(threads, batch, stage));
      std::printf(", all %3.0f %%\n", 100 * OverallBalance(threads, batch));
      EXPECT_GE(OverallBalance(threads, batch), 0.85) << batch << " " << threads;
    }
  }
}

TEST(Partition, PartsCoverTheProductInWholeTiles) {
  for (const int threads : {1, 2, 7, 64, 1000}) {
    for (const int64_t rows : {1, 8, 13, 64, 4096}) {
      for (const int64_t columns : {1, 32, 33, 640, 4096}) {
        const TileSize tile = ChooseTileSize(threads, rows, columns, kTile);
        EXPECT_GE(tile.rows, 1);
        EXPECT_GE(tile.columns, kTile.columns);
        EXPECT_EQ(tile.columns % kTile.columns, 0);
        EXPECT_TRUE(tile.rows == rows || tile.rows % kTile.rows == 0) << tile.rows;
      }
      for (const int64_t bytes : {4, 5000, 1'000'000}) {
        EXPECT_GE(PanelRows(threads, rows, bytes), 8);
        EXPECT_LE(PanelRows(threads, rows, bytes), kMaxPanelRows);
        EXPECT_EQ(PanelRows(threads, rows, bytes) % 8, 0);
      }
    }
  }
}

TEST(Partition, OneThreadTakesPanels) { EXPECT_FALSE(IsByColumns(1, 1)); }

}  // namespace
}  // namespace convnext
