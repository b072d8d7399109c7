#include "convnext/cpu/partition.h"

#include <algorithm>

#include "convnext/base/base.h"

namespace convnext {
namespace {

// Rows of a thread below which columns are shared out. With 32 rows a weight of 4 bytes is used for 64 operations: at
// 100 GFLOP/s a core that is 6 GB/s for each, near what a core gets from memory.
constexpr int64_t kFewRows = 48;
constexpr int64_t kMaxTileColumns = 256;

}  // namespace

int64_t PanelRows(int threads, int64_t rows, int64_t row_bytes) {
  const int64_t most = std::clamp<int64_t>(kPanelBytes / row_bytes / 8 * 8, 8, kMaxPanelRows);
  const int64_t panels = RoundUp(DivideUp(rows, most), int64_t{threads});
  return RoundUp(DivideUp(rows, panels), int64_t{8});
}

bool IsByColumns(int threads, int64_t rows) { return threads > 1 && rows < kFewRows * threads; }

TileSize ChooseTileSize(int threads, int64_t rows, int64_t columns, TileSize kernel_tile) {
  const int64_t wanted = int64_t{2} * threads;
  TileSize tile;
  tile.columns =
      std::min(RoundUp(DivideUp(columns, wanted), kernel_tile.columns), RoundUp(kMaxTileColumns, kernel_tile.columns));
  const int64_t row_tiles = DivideUp(wanted, DivideUp(columns, tile.columns));
  tile.rows = row_tiles == 1 ? rows : RoundUp(DivideUp(rows, row_tiles), kernel_tile.rows);
  return tile;
}

}  // namespace convnext
