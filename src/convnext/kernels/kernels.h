// The arithmetic of ConvNeXt as tables of plain functions over raw pointers: Products multiply by weights, Vectors do
// the rest. Tables for each SIMD target, and the scalar twins in float32 and float64, which define what each kernel
// means.
//
// Kernels cannot fail: the caller has checked all shapes. Rows of activations are padded: a row of C channels takes
// PaddedChannels(C) elements, of which those past C are zero on input and zero on output, so that no kernel has a tail.
#pragma once

#include <vector>

#include "convnext/base/base.h"
#include "convnext/kernels/activation.h"
#include "convnext/kernels/products.h"
#include "convnext/kernels/vectors.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// The table of float32 products that is best for this CPU.
const Products<float>& BestProducts();
// Every table of that precision that this CPU can run, the best first, the scalar twins last. Products in bfloat16 are
// instructions in AVX3_BF16; elsewhere values are rounded to bfloat16 and multiplied as float32, which gives the same
// up to the order of rounding and is not faster than float32.
std::vector<const Products<float>*> AllProducts(Precision precision = Precision::kFloat32);
// The scalar twins in float64: the reference.
const Products<double>& ReferenceProducts();

// Multiplications and additions a second that the threads of `pool` can do at most: the best of many short tries within
// `seconds`.
template <class T>
double MeasurePeak(const Products<T>& products, ThreadPool& pool, double seconds);

}  // namespace convnext
