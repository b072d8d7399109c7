#include "convnext/scenes/test_scenes.h"

namespace convnext {
namespace {

constexpr Scene kMountainLake = {
    .width = 384,
    .height = 288,
    .zenith = {0.16, 0.36, 0.70},
    .haze = {0.80, 0.86, 0.90},
    .sun = {1.00, 0.95, 0.80},
    .ridge = {0.15, 0.27, 0.22},
    .dark_ground = {0.05, 0.12, 0.16},
    .light_ground = {0.40, 0.55, 0.60},
    .dark_object = {0.14, 0.13, 0.11},
    .light_object = {0.52, 0.48, 0.42},
    .horizon = 0.56,
    .sun_shows = true,
    .clouds = 0.55,
    .ridges = 4,
    .relief = 0.34,
    .water = true,
    .objects = 4,
    .object_size = 0.05,
    .roughness = 0.5,
};

constexpr Scene kSunset = {
    .width = 288,
    .height = 384,
    .zenith = {0.20, 0.16, 0.40},
    .haze = {0.98, 0.62, 0.34},
    .sun = {1.00, 0.85, 0.50},
    .ridge = {0.25, 0.12, 0.24},
    .dark_ground = {0.10, 0.06, 0.05},
    .light_ground = {0.50, 0.30, 0.14},
    .dark_object = {0.04, 0.07, 0.04},
    .light_object = {0.34, 0.34, 0.12},
    .horizon = 0.50,
    .sun_shows = true,
    .clouds = 0.60,
    .ridges = 3,
    .relief = 0.16,
    .water = false,
    .objects = 12,
    .object_size = 0.06,
    .roughness = 0.9,
};

constexpr Scene kDesert = {
    .width = 320,
    .height = 320,
    .zenith = {0.30, 0.52, 0.80},
    .haze = {0.94, 0.86, 0.72},
    .sun = {1.00, 0.98, 0.90},
    .ridge = {0.55, 0.26, 0.16},
    .dark_ground = {0.50, 0.28, 0.14},
    .light_ground = {0.96, 0.74, 0.44},
    .dark_object = {0.24, 0.11, 0.08},
    .light_object = {0.74, 0.42, 0.28},
    .horizon = 0.42,
    .sun_shows = true,
    .clouds = 0.25,
    .ridges = 3,
    .relief = 0.18,
    .water = false,
    .objects = 6,
    .object_size = 0.07,
    .roughness = 0.6,
};

constexpr Scene kOvercastCoast = {
    .width = 400,
    .height = 256,
    .zenith = {0.42, 0.47, 0.53},
    .haze = {0.82, 0.84, 0.85},
    .sun = {0.95, 0.95, 0.92},
    .ridge = {0.22, 0.27, 0.28},
    .dark_ground = {0.08, 0.17, 0.20},
    .light_ground = {0.50, 0.62, 0.64},
    .dark_object = {0.06, 0.06, 0.07},
    .light_object = {0.40, 0.39, 0.37},
    .horizon = 0.46,
    .sun_shows = false,
    .clouds = 0.85,
    .ridges = 2,
    .relief = 0.12,
    .water = true,
    .objects = 7,
    .object_size = 0.07,
    .roughness = 0.7,
};

constexpr Scene kFruit = {
    .width = 272,
    .height = 352,
    .zenith = {0.10, 0.12, 0.10},
    .haze = {0.36, 0.34, 0.26},
    .sun = {1.00, 0.92, 0.76},
    .ridge = {0.18, 0.17, 0.12},
    .dark_ground = {0.22, 0.12, 0.06},
    .light_ground = {0.66, 0.44, 0.26},
    .dark_object = {0.52, 0.06, 0.04},
    .light_object = {0.90, 0.66, 0.16},
    .horizon = 0.36,
    .sun_shows = false,
    .clouds = 0.00,
    .ridges = 1,
    .relief = 0.05,
    .water = false,
    .objects = 6,
    .object_size = 0.17,
    .roughness = 0.06,
};

constexpr Scene kScenes[] = {kMountainLake, kSunset, kDesert, kOvercastCoast, kFruit};

}  // namespace

std::span<const Scene> TestScenes() { return kScenes; }

}  // namespace convnext
