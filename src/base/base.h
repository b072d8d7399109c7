// Everything that knows nothing about pictures or models: errors, files, hashes, clocks, JSON input, threads.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"
#include "base/thread_pool.h"
