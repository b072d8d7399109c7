// Huawei Ascend NPUs as a device: compiled models loaded on them, and sessions that run there.
#pragma once

#include "convnext/ascend/run/npu.h"
#include "convnext/ascend/run/npu_program.h"
#include "convnext/ascend/run/npu_session.h"
#include "convnext/ascend/run/npu_shares.h"
#include "convnext/ascend/run/probe.h"
