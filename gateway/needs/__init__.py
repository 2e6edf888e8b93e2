"""From reports to needs: judged, gathered with their neighbours', timed, told apart."""
