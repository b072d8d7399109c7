// Huawei Ascend NPUs: what a host has of them, the model compiled for a chip, and running it there.
#pragma once

#include "ascend/acl_error.h"
#include "ascend/acl_runtime.h"
#include "ascend/cann.h"
#include "ascend/compile.h"
#include "ascend/doctor.h"
#include "ascend/npu_program.h"
#include "ascend/npu_session.h"
#include "ascend/npu_shares.h"
#include "ascend/npu_smi.h"
#include "ascend/om_file.h"
#include "ascend/precision_audit.h"
#include "ascend/probe.h"
#include "ascend/reason_codes.h"
