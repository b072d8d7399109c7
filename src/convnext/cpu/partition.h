// How the work of a layer is shared out among threads. Only speed depends on it: no sum is split.
#pragma once

#include <cstdint>

namespace convnext {

// A panel may take this many bytes of a core's L2 cache (512 KiB to 2 MiB on CPUs of the last years).
inline constexpr int64_t kPanelBytes = 384L * 1024;
inline constexpr int64_t kMaxPanelRows = 96;  // a multiple of the row tiles (6, 8, 12) and of the depthwise tile (8)

// Rows per panel so that `row_bytes` per row fit the cache and every thread gets the same number of panels.
int64_t PanelRows(int threads, int64_t rows, int64_t row_bytes);

// Whether a layer of `rows` is better shared out by columns: a panel streams all weights past its rows, and for few
// rows that takes longer than the arithmetic; and with many threads there are not panels enough.
bool IsByColumns(int threads, int64_t rows);

// A thread's tile of a product [rows, columns]: whole column tiles of the kernel, at most 256 columns, and all rows
// unless that makes fewer than two tiles a thread; then whole row tiles of the kernel.
struct TileSize {
  int64_t rows = 0, columns = 0;
};
TileSize ChooseTileSize(int threads, int64_t rows, int64_t columns, TileSize kernel_tile);

}  // namespace convnext
