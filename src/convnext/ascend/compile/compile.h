// The model compiled for a chip by CANN's atc: cached, and searched for float16.
#pragma once

#include "convnext/ascend/compile/atc.h"
#include "convnext/ascend/compile/compile_models.h"
#include "convnext/ascend/compile/om_file.h"
#include "convnext/ascend/compile/precision_audit.h"
#include "convnext/ascend/compile/work_directory.h"
