// What a host has of Huawei Ascend NPUs: driver, devices, CANN, its compiler; and why they cannot be used.
#pragma once

#include "convnext/ascend/host/cann.h"
#include "convnext/ascend/host/chips.h"
#include "convnext/ascend/host/doctor.h"
#include "convnext/ascend/host/driver.h"
#include "convnext/ascend/host/npu_smi.h"
#include "convnext/ascend/host/paths.h"
#include "convnext/ascend/host/probe_facts.h"
#include "convnext/ascend/host/reason_codes.h"
