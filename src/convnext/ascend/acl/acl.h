// AscendCL, Huawei's runtime library: its declarations, the library found at run time, its errors explained.
#pragma once

#include "convnext/ascend/acl/acl_error.h"
#include "convnext/ascend/acl/acl_handle.h"
#include "convnext/ascend/acl/acl_library.h"
#include "convnext/ascend/acl/acl_runtime.h"
#include "convnext/ascend/acl/declarations.h"
