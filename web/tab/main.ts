window.document.title = 'Safelight';
