// The model as an ONNX graph (onnx.ai), in float32: for Huawei's atc, ONNX Runtime, OpenVINO, TensorRT.
#pragma once

#include "convnext/onnx/export.h"
