# Tests of the built program against a real server, in Python (standard library only).
#   offlineimap_black_box_test(<name> <file.py> [TIMEOUT seconds] [NEEDS programs...] [ARGUMENTS unittest names...]
#     [SERVER mdbox|cyrus] [LABELS more...])
# NEEDS are programs that must be installed; without one of them the test is left out, and configuring says so.
function(offlineimap_black_box_test name file)
  cmake_parse_arguments(TEST "" "TIMEOUT;SERVER" "NEEDS;ARGUMENTS;LABELS" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 300)
  endif()
  set(environment "OFFLINEIMAP_BINARY=$<TARGET_FILE:offlineimap>" "OFFLINEIMAP_SANITIZE=${OFFLINEIMAP_SANITIZE}"
    "OFFLINEIMAP_TEST_SERVER=${TEST_SERVER}")
  foreach(program IN LISTS TEST_NEEDS)
    string(TOUPPER ${program} variable)
    if(program STREQUAL "offlineimap3")  # Debian's package of the Python program: the oracle
      find_program(OFFLINEIMAP_ORACLE offlineimap PATHS /usr/bin NO_DEFAULT_PATH)
      set(found OFFLINEIMAP_ORACLE)
    elseif(program STREQUAL "namespaces")  # support/system_file.py and network_test.py; containers may forbid them
      execute_process(COMMAND unshare --map-root-user --mount --net mount --rbind /etc /etc RESULT_VARIABLE refused
        OUTPUT_QUIET ERROR_QUIET)
      if(refused)
        message(STATUS "Test ${name} is left out: no mount and network namespaces for this user here")
        return()
      endif()
      continue()
    elseif(program STREQUAL "cyrus")  # unpacked by scripts/install-dependencies
      if(NOT EXISTS ${PROJECT_SOURCE_DIR}/build/cyrus/usr/lib/cyrus/bin/imapd)
        message(STATUS "Test ${name} is left out: Cyrus is not unpacked (scripts/install-dependencies --tests)")
        return()
      endif()
      list(APPEND environment "CYRUS_ROOT=${PROJECT_SOURCE_DIR}/build/cyrus")
      continue()
    else()
      find_program(${variable}_BINARY ${program} PATHS /usr/sbin /usr/local/sbin)
      set(found ${variable}_BINARY)
    endif()
    if(NOT ${found})
      message(STATUS "Test ${name} is left out: ${program} is not installed")
      return()
    endif()
    list(APPEND environment "${found}=${${found}}")
  endforeach()
  add_test(NAME ${name} COMMAND ${Python_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${TEST_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}" TIMEOUT ${TEST_TIMEOUT}
    LABELS "blackbox;${TEST_LABELS}")
endfunction()
