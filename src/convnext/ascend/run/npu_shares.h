// How the pictures of a batch are shared out: among devices, and in runs of the batch sizes that were compiled.
#pragma once

#include <cstdint>
#include <vector>

#include "convnext/model/model.h"

namespace convnext {

// How many of N pictures each of `devices` gets, the larger shares first: 5 among 2 are 3 and 2.
std::vector<int64_t> Shares(int64_t N, size_t devices);

// The batch sizes to compile so that each of `batch_sizes`, shared out among `devices`, runs without a filled-up batch.
std::vector<int64_t> SharedBatchSizes(const std::vector<int64_t>& batch_sizes, size_t devices);

// The next of the compiled `sizes` (ascending) to run for N remaining pictures: the largest that they fill, or else the
// smallest, which is then filled up.
int64_t NextBatchSize(const std::vector<int64_t>& sizes, int64_t N);

// Pictures [first, first + count) of a batch.
ImageBatch PartOf(const ImageBatch& images, int64_t first, int64_t count);

}  // namespace convnext
