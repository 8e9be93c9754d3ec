"""The processes of one worker: doorman, preloader, server process."""
