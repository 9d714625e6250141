/* SPDX-License-Identifier: Apache-2.0 */

#include "bundle_needs.h"

#include "message.h"

static const struct otter_image *needed(const struct bundle_images *bundle,
                                        const struct otter_dependency *dependency)
{
    return dependency->image < OTTER_BUNDLE_FILES_MAX ? bundle->images[dependency->image] : NULL;
}

static void tell_unmet(const struct bundle_images *bundle, uint8_t image,
                       const struct otter_dependency *dependency)
{
    char wanted[OTTER_VERSION_TEXT_SIZE];
    char found[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&dependency->at_least, wanted);
    otter_version_format(&needed(bundle, dependency)->header.version, found);
    message_error("%s could never be installed from this bundle", bundle->names[image]);
    message_fact("needs", "image %u of %s or newer", (unsigned)dependency->image, wanted);
    message_fact("found", "%s, %s", found, bundle->names[dependency->image]);
    message_next("Bundle a newer image %u, or sign with another --dependency.",
                 (unsigned)dependency->image);
}

static bool check_image(const struct bundle_images *bundle, uint8_t image, uint8_t *needs)
{
    struct otter_tlv_iterator iterator;
    struct otter_dependency dependency;
    enum otter_result result;

    otter_tlv_begin(&iterator, bundle->images[image]);
    while ((result = otter_dependency_next(&iterator, &dependency)) == OTTER_OK) {
        const struct otter_image *other = needed(bundle, &dependency);

        if (other == NULL) {
            continue;
        }
        if (otter_version_compare(&other->header.version, &dependency.at_least) < 0) {
            tell_unmet(bundle, image, &dependency);
            return false;
        }
        *needs |= (uint8_t)(1u << dependency.image);
    }
    if (result != OTTER_ERR_NOT_FOUND) {
        message_error("%s: its dependencies cannot be read", bundle->names[image]);
        message_fact("because", "%s", otter_result_meaning(result));
        message_next("Sign it again with 'otter image sign --dependency'.");
    }
    return result == OTTER_ERR_NOT_FOUND;
}

bool bundle_check_needs(const struct bundle_images *bundle, uint8_t needs[OTTER_BUNDLE_FILES_MAX])
{
    bool is_well = true;

    for (uint8_t i = 0; is_well && i < OTTER_BUNDLE_FILES_MAX; i++) {
        needs[i] = 0;
        is_well = bundle->images[i] == NULL || check_image(bundle, i, &needs[i]);
    }
    return is_well;
}
